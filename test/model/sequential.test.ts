import { describe, expect, it } from 'vitest'
import '../../lib/ops/index.js'
import { sequential } from '../../lib/model/index.js'
import { layers } from '../../lib/nn/index.js'
import { sgd } from '../../lib/optim/rules/sgd.js'
import { ones, tensor, zeros } from '../../lib/tensor/creation.js'
import { tidy } from '../../lib/tensor/scope.js'

const { dense, flatten, batchNormalization, dropout } = layers
const code = (value: string, message: RegExp) =>
  expect.objectContaining({ code: value, message: expect.stringMatching(message) })

describe('sequential', () => {
  it('is built at once from inputShape, an input layer, or later from a batch', () => {
    expect(sequential({ layers: [dense({ units: 3, inputShape: [2] })] }).built).toBe(true)
    const second = sequential({ layers: [layers.input({ shape: [4, 4] }), flatten(), dense({ units: 3 })] })
    expect(second.built).toBe(true)
    expect(second.layers).toHaveLength(2)
    expect(second.outputShape).toEqual([3])
    const third = sequential({ layers: [dense({ units: 3 })] })
    expect(third.built).toBe(false)
    expect(third.call(zeros([5, 7])).shape).toEqual([5, 3])
    expect(third.inputShape).toEqual([7])
  })

  it('gets layers one by one', () => {
    const model = sequential({ name: 'mine' })
    model.add(dense({ units: 4, inputShape: [2], name: 'a' }))
    model.add(dense({ units: 1, name: 'b' }))
    expect(model.countParams()).toEqual({ total: 17, trainable: 17, nonTrainable: 0 })
    expect(model.getLayer('b')).toBe(model.getLayer(-1))
    expect(() => model.getLayer('c')).toThrow(code('ERR_ARGUMENT', /"c"; there are a, b$/))
    const automatic = sequential({ layers: [dense({ units: 1 })] })
    expect(() => automatic.getLayer('densee')).toThrow(
      code('ERR_ARGUMENT', /"densee"; there are (dense)\. Did you mean "\1"\?$/),
    )
    expect(() => model.getLayer(2)).toThrow(code('ERR_ARGUMENT', /2/))
  })

  it('refuses equal names, strangers and layers that do not fit', () => {
    const twice = () => sequential({ layers: [dense({ units: 1, name: 'a' }), dense({ units: 1, name: 'a' })] })
    expect(twice).toThrow(code('ERR_ARGUMENT', /two layers named "a"/))
    expect(() => sequential({ layers: [{} as never] })).toThrow(code('ERR_ARGUMENT', /a layer is needed/))
    expect(() => sequential({ layers: [dense({ units: 1 }), layers.input({ shape: [1] })] })).toThrow(
      code('ERR_ARGUMENT', /first/),
    )
    expect(() => sequential().call(zeros([1, 1]))).toThrow(code('ERR_ARGUMENT', /no layers/))
    expect(() => sequential({ layers: [dense({ units: 1 })] }).countParams()).toThrow(
      code('ERR_ARGUMENT', /no weights yet/),
    )
  })

  it('names the layer and both shapes of a batch that does not fit', () => {
    const model = sequential({ layers: [flatten({ inputShape: [28, 28] }), dense({ units: 3, name: 'hidden' })] })
    expect(() => model.call(zeros([1, 3, 3]))).toThrow(code('ERR_SHAPE', /"hidden".*\[784\].*\[9\]/))
    expect(model.call(zeros([1, 28, 28])).shape).toEqual([1, 3])
  })

  it('refuses an inputShape that contradicts what the layer gets, whenever it is built', () => {
    const second = (inputShape: number[]) => dense({ units: 1, inputShape, name: 'second' })
    const contradiction = code('ERR_SHAPE', /^\[Dense "second"\] has the inputShape \[5\], but gets inputs of \[3\]/)
    expect(() => sequential({ layers: [dense({ units: 3, inputShape: [2] }), second([5])] })).toThrow(contradiction)
    expect(() => sequential({ layers: [layers.input({ shape: [3] }), second([5])] })).toThrow(contradiction)
    const later = sequential({ layers: [dense({ units: 3 }), second([5])] })
    expect(() => later.call(zeros([1, 2]))).toThrow(contradiction)
    expect(later.layers.some(({ built }) => built)).toBe(false)
    expect(() => second([5]).apply(layers.input({ shape: [3] }))).toThrow(contradiction)
    expect(() => second([5]).apply(zeros([1, 3]))).toThrow(contradiction)
    expect(sequential({ layers: [dense({ units: 3, inputShape: [2] }), second([3])] }).outputShape).toEqual([1])
  })

  it('is differentiable, and drops out only in training', () => {
    const model = sequential({ layers: [dense({ units: 2, inputShape: [3] }), dropout({ rate: 0.5 })] })
    const x = ones([2, 3])
    model.call(x).sum().backward()
    expect(model.trainableWeights.every(({ grad }) => grad !== null)).toBe(true)
    expect(model.call(x).toArray()).toEqual(model.call(x).toArray())
    const many = ones([500, 3])
    expect([...model.call(many, { training: true }).data()].some((value) => value === 0)).toBe(true)
  })

  it('casts bytes', () => {
    const model = sequential({ layers: [dense({ units: 1, inputShape: [2], kernelInitializer: 'ones' })] })
    expect(model.call(tensor(Uint8Array.of(200, 100), [1, 2])).toArray()).toEqual([[300]])
  })
})

describe('freezing', () => {
  it('takes weights out of training, and keeps running statistics out anyway', () => {
    const model = sequential({
      layers: [dense({ units: 3, inputShape: [2] }), batchNormalization(), dense({ units: 1 })],
    })
    expect(model.countParams()).toEqual({ total: 25, trainable: 19, nonTrainable: 6 })
    model.getLayer(0).trainable = false
    expect(model.countParams()).toEqual({ total: 25, trainable: 10, nonTrainable: 15 })
  })
})

describe('weights', () => {
  const build = () =>
    sequential({ layers: [dense({ units: 3, inputShape: [2], name: 'd' }), batchNormalization({ name: 'n' })] })

  it('come as copies, layer by layer', () => {
    const model = build()
    expect(model.weights.map(({ name }) => name)).toEqual([
      'd/kernel',
      'd/bias',
      'n/gamma',
      'n/beta',
      'n/movingMean',
      'n/movingVariance',
    ])
    const [kernel] = model.getWeights()
    const before = kernel?.toArray()
    model.weights[0]?.assign(zeros([2, 3]))
    expect(kernel?.toArray()).toEqual(before)
  })

  it('move from one model to another', () => {
    const [a, b] = [build(), build()]
    b.setWeights(a.getWeights())
    const x = ones([4, 2])
    expect(b.call(x).toArray()).toEqual(a.call(x).toArray())
  })

  it('are checked as a whole before anything changes', () => {
    const model = build()
    const before = model.getWeights().map((weight) => weight.toArray())
    const good = tidy(() => model.getWeights().map(({ shape }) => zeros(shape)))
    const cases: [unknown, string, RegExp][] = [
      [good.slice(1), 'ERR_ARGUMENT', /6 weights, got 5/],
      [[...good.slice(0, 5), zeros([4])], 'ERR_SHAPE', /"n\/movingVariance" is \[3\], value 5 is \[4\]/],
      [[...good.slice(0, 5), zeros([3], { dtype: 'int32' })], 'ERR_DTYPE', /int32/],
      [[...good.slice(0, 5), 3], 'ERR_ARGUMENT', /must be a Tensor/],
    ]
    for (const [values, error, message] of cases)
      expect(() => model.setWeights(values as never)).toThrow(code(error, message))
    expect(model.getWeights().map((weight) => weight.toArray())).toEqual(before)
  })
})

describe('compile', () => {
  it('refuses unknown names and figures of the same name', () => {
    const model = sequential({ layers: [dense({ units: 1, inputShape: [1] })] })
    expect(() => model.compile({ loss: 'meanSquaredErorr' as never })).toThrow(code('ERR_ARGUMENT', /meanSquaredError/))
    expect(() => model.compile({ loss: 'meanSquaredError', optimizer: 'sdg' as never })).toThrow(
      code('ERR_ARGUMENT', /sgd/),
    )
    expect(() => model.compile({ loss: 'meanSquaredError', metrics: ['acuracy' as never] })).toThrow(
      code('ERR_ARGUMENT', /accuracy/),
    )
    expect(() => model.compile({ loss: 'meanSquaredError', metrics: ['accuracy', 'accuracy'] })).toThrow(
      code('ERR_ARGUMENT', /two/),
    )
  })

  it('leaves the optimizer at hand, whose rate can be set', async () => {
    const model = sequential({ layers: [dense({ units: 1, inputShape: [1] })], name: 'one' })
    expect(() => model.optimizer).toThrow(code('ERR_ARGUMENT', /^\[optimizer\].*"one".*compile/))
    const own = sgd({ learningRate: 0.5 })
    model.compile({ optimizer: own, loss: 'meanSquaredError' })
    expect(model.optimizer).toBe(own)
    model.compile({ optimizer: 'adam', loss: 'meanSquaredError' })
    expect(model.optimizer.name).toBe('adam')
    model.optimizer.learningRate = 0
    const before = model.getWeights().map((weight) => weight.toArray())
    const { history } = await model.fit([[1], [2]], [[3], [4]], { verbose: 0 })
    expect(history.learningRate).toEqual([0])
    expect(model.getWeights().map((weight) => weight.toArray())).toEqual(before)
    expect(() => Object.assign(model, { optimizer: own })).toThrow(TypeError)
  })
})

import { describe, expect, it } from 'vitest'
import {
  model as functional,
  input,
  layers,
  mul,
  ones,
  optimizers,
  runtime,
  sequential,
  tensor,
} from '../../lib/index.js'
import { Parameter } from '../../lib/tensor/parameter.js'
import { failure } from '../helpers/failure.js'

const net = () =>
  sequential({ layers: [layers.dense({ units: 2, inputShape: [3], name: 'd' }), layers.normalization({ name: 'n' })] })
const kernel = [
  [1, 2],
  [3, 4],
  [5, 6],
]

describe('setWeights', () => {
  it('takes back what JSON wrote, statistics of whole numbers too', () => {
    const [from, to] = [net(), net()]
    to.setWeights(JSON.parse(JSON.stringify(from.getWeights())))
    expect(to.getWeights().map((weight) => [weight.dtype, weight.toArray()])).toEqual(
      from.getWeights().map((weight) => [weight.dtype, weight.toArray()]),
    )
  })

  it('takes tensors, nested arrays, typed arrays and { data, shape } side by side', () => {
    const model = net()
    const bias = tensor([7, 8])
    model.setWeights([Float64Array.from(kernel.flat()), bias, { data: new Uint8Array([1, 2]), shape: [2] }, [3, 4], 5])
    expect(model.getWeights().map((weight) => weight.toArray())).toEqual([kernel, [7, 8], [1, 2], [3, 4], 5])
    expect(model.weights.map(({ dtype }) => dtype)).toEqual(['float32', 'float32', 'float32', 'float32', 'int32'])
    expect(bias.toArray()).toEqual([7, 8])
  })

  const rest = [[0, 0], [1, 1], 0]
  it.each<[string, unknown, string, string]>([
    ['nested arrays of another shape', [[1, 2]], 'ERR_SHAPE', '"d/kernel" is [3, 2], value 0 is [1, 2]'],
    ['a flat array', kernel.flat(), 'ERR_SHAPE', '"d/kernel" is [3, 2], value 0 is [6]'],
    ['a typed array of another length', new Float32Array(5), 'ERR_SHAPE', '"d/kernel" is [3, 2], value 0 is [5]'],
    [
      'another shape',
      { data: new Float32Array(6), shape: [2, 3] },
      'ERR_SHAPE',
      '"d/kernel" is [3, 2], value 0 is [2, 3]',
    ],
    [
      'NaN as JSON writes it',
      [
        [null, 1],
        [1, 1],
        [1, 1],
      ],
      'ERR_ARGUMENT',
      'value 0, for "d/kernel": [tensor] every value must be a number or a boolean, got null',
    ],
    [
      'text',
      'zeros',
      'ERR_ARGUMENT',
      'value 0, for "d/kernel", must be a Tensor, nested arrays, a typed array or { data, shape }, got "zeros"',
    ],
  ])('refuses %s, and changes nothing', (_, value, code, message) => {
    const model = net()
    const before = JSON.stringify(model.getWeights())
    expect(failure(() => model.setWeights([value, [1, 1], ...rest] as never))).toEqual({
      code,
      message: `[setWeights] ${message}`,
    })
    expect(failure(() => model.setWeights([kernel, [1, 1], ...rest.slice(0, 2), 'x'] as never)).message).toContain(
      'value 4',
    )
    expect(JSON.stringify(model.getWeights())).toBe(before)
  })
})

describe('setWeights of values that cannot be read', () => {
  it('leaves no tensor behind, and the weights as they were', () => {
    const model = sequential({ layers: [layers.dense({ units: 2, inputShape: [1] })] })
    const before = JSON.stringify(model.getWeights())
    const { tensors } = runtime.memory()
    const values = Object.defineProperty([[[1, 2]], [0, 0]], 1, {
      get() {
        throw new RangeError('gone')
      },
    })
    expect(() => model.setWeights(values)).toThrow(RangeError)
    expect(runtime.memory().tensors).toBe(tensors)
    expect(JSON.stringify(model.getWeights())).toBe(before)
  })
})

describe('zeroGrad', () => {
  it('of a model drops the gradients of its weights', () => {
    const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [2] })] })
    const gradients = () => model.weights.map(({ grad }) => grad?.toArray() ?? null)
    model
      .call(ones([1, 2]))
      .sum()
      .backward()
    expect(gradients()).toEqual([[[1], [1]], [1]])
    model.zeroGrad()
    expect(gradients()).toEqual([null, null])
  })

  it('of an optimizer drops those of the parameters that it updates', () => {
    const [a, b] = [new Parameter(tensor([1]), { name: 'a' }), new Parameter(tensor([1]), { name: 'b' })]
    const optimizer = optimizers.sgd({ learningRate: 0.5 })
    optimizer.zeroGrad()
    for (let step = 0; step < 3; step++) {
      mul(a, 2).add(b).sum().backward()
      optimizer.apply([a])
      optimizer.zeroGrad()
      expect(a.grad).toBeNull()
    }
    expect([a.item(), b.grad?.item()]).toEqual([1 - 3 * 0.5 * 2, 3])
  })
})

describe('a model whose samples are single numbers', () => {
  const line = { x: [-1, 0, 1, 2, 3, 4], y: [-3, -1, 1, 3, 5, 7] }
  const dense = () => layers.dense({ units: 1, kernelInitializer: 'zeros' })
  it.each([
    [
      'sequential',
      () => sequential({ layers: [layers.dense({ units: 1, inputShape: [1], kernelInitializer: 'zeros' })] }),
    ],
    ['with an input layer', () => sequential({ layers: [input({ shape: [1] }), dense()] })],
    [
      'functional',
      () => {
        const x = input({ shape: [1] })
        return functional({ inputs: x, outputs: dense().apply(x) })
      },
    ],
  ])('takes them in a row: %s', async (_, make) => {
    const model = make()
    model.compile({ optimizer: optimizers.sgd({ learningRate: 0.05 }), loss: 'mse' })
    await model.fit(line.x, line.y, { epochs: 500, batchSize: 4, verbose: 0 })
    const close = (numbers: number[]) => numbers.map((value) => [expect.closeTo(value, 3)])
    expect((await model.predict([10])).toArray()).toEqual(close([19]))
    expect((await model.predict(new Float32Array([10, 20, 30]), { batchSize: 2 })).toArray()).toEqual(
      close([19, 39, 59]),
    )
    expect(model.predictSync(tensor([10])).toArray()).toEqual(close([19]))
    expect(model.call(tensor([10, 20])).toArray()).toEqual(close([19, 39]))
    expect((await model.evaluate(line.x, line.y)).loss).toBeCloseTo(0, 5)
    for await (const outputs of model.predictStream([[10], [20]])) expect(outputs.shape).toEqual([1, 1])
  })
})

describe('a sample without its batch axis is refused in the words of the model', () => {
  const sequence = sequential({ name: 's', layers: [layers.dense({ units: 2, inputShape: [4], name: 'd' })] })
  const x = input({ shape: [28, 28], name: 'image' })
  const graph = functional({ name: 'g', inputs: x, outputs: layers.flatten().apply(x) })
  const hint = 'for a single sample add a batch axis, as in [sample] or sample.expandDims(0)'
  it.each([
    ['sequential', sequence, [4], `[Sequential "s"] the input "d_input" takes [batch, 4], got [batch]: ${hint}`],
    [
      'functional',
      graph,
      [28, 28],
      `[Functional "g"] the input "image" takes [batch, 28, 28], got [batch, 28]: ${hint}`,
    ],
  ])('%s', async (_, model, shape, message) => {
    const sample = ones(shape)
    for (const use of [() => model.call(sample), () => model.predictSync(sample)])
      expect(failure(use)).toEqual({ code: 'ERR_SHAPE', message })
    await expect(model.predict(sample)).rejects.toThrow(message)
    model.compile({ loss: 'mse' })
    await expect(model.fit(sample, ones([shape[0] as number]))).rejects.toThrow(message)
    await expect(model.evaluate(sample, ones([shape[0] as number]))).rejects.toThrow(message)
  })
})

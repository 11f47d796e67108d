import { describe, expect, it } from 'vitest'
import { backward, gradients } from '../../lib/autodiff/backward.js'
import * as activations from '../../lib/nn/activations/index.js'
import { activationName } from '../../lib/nn/choices.js'
import * as constraints from '../../lib/nn/constraints/index.js'
import { type CallOptions, Layer } from '../../lib/nn/layer.js'
import * as layers from '../../lib/nn/layers/index.js'
import * as regularizers from '../../lib/nn/regularizers/index.js'
import { matmul, mul, relu, sum } from '../../lib/ops/index.js'
import { ones, randomNormal, tensor, zeros } from '../../lib/tensor/creation.js'
import type { Parameter } from '../../lib/tensor/parameter.js'
import { setSeed } from '../../lib/tensor/random.js'
import { tidy } from '../../lib/tensor/scope.js'
import type { Shape } from '../../lib/tensor/shape.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { beforeActivation, finalActivations } from '../helpers/before-activation.js'
import { getActivation } from '../helpers/choices.js'
import { failure } from '../helpers/failure.js'
import { expectClose } from './close.js'

/** A layer built for the samples of x, applied to it. */
function run(layer: Layer, x: Tensor, options: CallOptions = {}): Tensor {
  layer.ensureBuilt(x.shape.slice(1))
  return layer.call(x, options)
}

const numbers = (x: Tensor): number[] => Array.from(x.data())

describe('Layer', () => {
  it('names layers by their class as Keras does', () => {
    expect(layers.batchNormalization().name).toBe('batch_normalization')
    expect(layers.prelu().name).toBe('prelu')
    expect(layers.flatten({ name: 'mine' }).name).toBe('mine')
    expect(layers.flatten({ name: 'mine' }).className).toBe('Flatten')
  })

  it('lets users write their own', () => {
    class Scale extends Layer {
      factor?: Parameter
      override build(inputShape: Shape) {
        this.factor = this.addWeight('factor', [inputShape.at(-1) as number, 2], { initializer: 'ones' })
      }
      override call(x: Tensor, { training }: CallOptions) {
        return mul(matmul(x, this.factor as Parameter), training ? 2 : 1)
      }
    }
    const layer = new Scale({ inputShape: [3] })
    expect(layer.className).toBe('Scale')
    expect(layer.name).toBe('scale')
    expect(run(layer, ones([1, 3])).toArray()).toEqual([[3, 3]])
    expect(layer.outputShape).toEqual([2])
    expect(layer.factor?.name).toBe('scale/factor')
    expect(failure(() => layer.ensureBuilt([4])).message).toContain('takes inputs of [3]')
  })

  it('treats its weights as its options say', () => {
    const layer = layers.dense({
      units: 2,
      kernelRegularizer: 'l2',
      biasConstraint: 'nonNeg',
      learningRateMultiplier: 3,
    })
    layer.ensureBuilt([4])
    const [kernel, bias] = layer.weights as [Parameter, Parameter]
    expect(kernel.regularizer).toHaveProperty('config', { name: 'l2', l2: 0.01 })
    expect(bias.constraint).toHaveProperty('config', { name: 'nonNeg' })
    expect([kernel.constraint, bias.regularizer]).toEqual([null, null])
    const normalizing = layers.batchNormalization({ gammaInitializer: { name: 'constant', value: 2 } })
    normalizing.ensureBuilt([1])
    expect(normalizing.weights.map((weight) => weight.data()[0])).toEqual([2, 0, 0, 1])
  })

  it('leaves a frozen layer out of trainableWeights', () => {
    const layer = layers.batchNormalization()
    layer.ensureBuilt([4])
    expect(layer.weights.map(({ name }) => name.split('/')[1])).toEqual([
      'gamma',
      'beta',
      'movingMean',
      'movingVariance',
    ])
    expect(layer.trainableWeights).toHaveLength(2)
    layer.trainable = false
    expect(layer.trainableWeights).toHaveLength(0)
  })

  it('keeps no weights of a build that failed, and can be built again', () => {
    let working = false
    const bias = (shape: Shape): Tensor => zeros(working ? shape : [9])
    const layer = layers.dense({ units: 2, biasInitializer: bias, name: 'd' })
    expect(failure(() => layer.ensureBuilt([3]))).toEqual({
      code: 'ERR_SHAPE',
      message: '[Dense "d"] the initializer of bias gave [9] for [2]',
    })
    expect(layer.weights).toEqual([])
    expect(layer.built).toBe(false)
    working = true
    layer.ensureBuilt([3])
    expect(layer.weights).toHaveLength(2)
  })

  it('makes weights that outlive the tidy in which it is built', () => {
    const layer = layers.dense({ units: 2 })
    tidy(() => layer.ensureBuilt([3]))
    expect(layer.weights[0]?.data()).toHaveLength(6)
  })

  it('checks what all layers take', () => {
    expect(failure(() => layers.flatten({ inputShape: [0] })).message).toContain('inputShape')
    expect(failure(() => layers.flatten({ name: '' })).code).toBe('ERR_ARGUMENT')
    expect(failure(() => layers.flatten({ trainable: 1 as never })).message).toContain(
      'trainable must be true or false, got 1',
    )
  })

  it('gives configs that make equal layers', () => {
    const all = [
      layers.dense({ units: 3, activation: 'tanh', useBias: false, kernelInitializer: 'heNormal', trainable: false }),
      layers.dense({
        units: 1,
        kernelRegularizer: 'l2',
        biasRegularizer: regularizers.l1(0.5),
        activityRegularizer: { name: 'l1l2', l1: 1 },
        kernelConstraint: 'unitNorm',
        biasConstraint: constraints.maxNorm({ axis: [0] }),
        learningRateMultiplier: 2,
      }),
      layers.batchNormalization({
        betaInitializer: 'ones',
        gammaInitializer: { name: 'constant', value: 2 },
        movingMeanInitializer: 'ones',
        movingVarianceInitializer: 'zeros',
        betaRegularizer: 'l1',
        gammaRegularizer: 'l2',
        betaConstraint: 'nonNeg',
        gammaConstraint: 'nonNeg',
      }),
      layers.layerNormalization({
        betaRegularizer: 'l1',
        gammaRegularizer: 'l2',
        betaConstraint: 'nonNeg',
        gammaConstraint: 'unitNorm',
      }),
      layers.prelu({ alphaInitializer: 'zeros', alphaRegularizer: 'l1', alphaConstraint: 'nonNeg', sharedAxes: [1] }),
      layers.dropout({ rate: 0.5, seed: 1 }),
      layers.batchNormalization({ axis: 1, momentum: 0.9, epsilon: 0.1, center: false, scale: false }),
      layers.spatialDropout({ rate: 0.5, seed: 2 }),
      layers.gaussianDropout({ rate: 0.5 }),
      layers.gaussianNoise({ stddev: 0.5, seed: 3 }),
      layers.alphaDropout({ rate: 0.5 }),
      layers.embedding({ inputDim: 3, outputDim: 2, embeddingsRegularizer: 'l2', embeddingsConstraint: 'unitNorm' }),
      layers.normalization({ axis: [1, 2], invert: true, mean: 1, variance: [2] }),
      layers.rescaling({ scale: 2, offset: 1, inputShape: [2, 3] }),
      layers.reshape({ targetShape: [-1, 2] }),
      layers.activation({ activation: relu }),
      layers.input({ shape: [2], dtype: 'int32' }).layer,
      layers.flatten(),
    ]
    for (const layer of all) {
      const config = JSON.parse(JSON.stringify(layer.getConfig()))
      const again = new (layer.constructor as new (config: object) => Layer)(config)
      expect(again.getConfig()).toEqual(layer.getConfig())
    }
    expect(failure(() => layers.activation({ activation: (x) => x }).getConfig()).code).toBe('ERR_FORMAT')
  })
})

describe('dense', () => {
  const kernel = [
    [1, -2],
    [3, 4],
  ]
  const given = (shape: Shape): Tensor => (shape.length === 2 ? tensor(kernel) : tensor([0.5, -0.5]))

  it('computes x·kernel + bias', () => {
    const layer = layers.dense({ units: 2, kernelInitializer: given, biasInitializer: given })
    expect(run(layer, tensor([[1, 2]])).toArray()).toEqual([[7.5, 5.5]])
    expect(layer.outputShape).toEqual([2])
    const plain = layers.dense({ units: 2, useBias: false, kernelInitializer: given })
    expect(run(plain, tensor([[1, 2]])).toArray()).toEqual([[7, 6]])
    expect(plain.weights).toHaveLength(1)
  })

  it('works on the last of several axes, and then with other lengths', () => {
    const layer = layers.dense({ units: 5 })
    expect(run(layer, randomNormal([2, 3, 4])).shape).toEqual([2, 3, 5])
    expect(layer.outputShape).toEqual([3, 5])
    expect(run(layer, randomNormal([2, 7, 4])).shape).toEqual([2, 7, 5])
  })

  it.each(Object.keys(activations) as (keyof typeof activations)[])(
    'applies %s as the activation itself would',
    (name) => {
      const x = randomNormal([4, 2])
      const layer = layers.dense({ units: 2, activation: name, kernelInitializer: given, biasInitializer: given })
      const found = run(layer, x)
      const expected = getActivation(name)(beforeActivation(() => layer.call(x)))
      expect(numbers(found)).toEqual(numbers(expected))

      const [kernelGradient] = gradients(sum(mul(found, found)), [layer.weights[0] as Parameter])
      const [expectedGradient] = gradients(sum(mul(expected, expected)), [layer.weights[0] as Parameter])
      expectClose(numbers(kernelGradient as Tensor), numbers(expectedGradient as Tensor), 4)
    },
  )

  it('takes functions as activation', () => {
    const layer = layers.dense({ units: 2, activation: (x) => mul(x, 0), kernelInitializer: given })
    expect(run(layer, tensor([[1, 2]])).toArray()).toEqual([[0, 0]])
    expect(finalActivations(() => [layer.call(tensor([[1, 2]]))])).toEqual([null])
    expect(layers.dense({ units: 1, activation: relu }).getConfig().activation).toBe('relu')
  })

  it('refuses wrong options by name and value', () => {
    for (const units of [0, -1, 2.5, Number.NaN, '3' as never])
      expect(failure(() => layers.dense({ units, name: 'd' }))).toEqual({
        code: 'ERR_ARGUMENT',
        message: `[Dense "d"] units must be a positive whole number, got ${typeof units === 'string' ? '"3"' : units}`,
      })
    const wrong = failure(() => layers.dense({ units: 1, name: 'd', activation: 'rleu' as 'relu' }))
    expect(wrong.message).toMatch(/^\[Dense "d"\] unknown activation "rleu"\. Did you mean "relu"\?/)
    expect(failure(() => layers.dense({ units: 1, kernelInitializer: 'x' as 'ones' })).message).toContain(
      'initializer "x"',
    )
    expect(failure(() => layers.dense({ units: 1, useBias: 0 as never })).message).toContain('useBias')
  })

  it('refuses other inputs than it was built for, and a call before', () => {
    const layer = layers.dense({ units: 1, name: 'd' })
    expect(failure(() => layer.call(ones([1, 2])))).toMatchObject({ code: 'ERR_ARGUMENT' })
    layer.ensureBuilt([2])
    const { code, message } = failure(() => layer.ensureBuilt([3]))
    expect(code).toBe('ERR_SHAPE')
    expect(message).toBe('[Dense "d"] was built for 2 features (inputs of [2]), got inputs of [3]')
    expect(failure(() => layers.dense({ units: 1 }).ensureBuilt([])).code).toBe('ERR_SHAPE')
  })
})

describe('shape layers', () => {
  it('flatten', () => {
    const layer = layers.flatten()
    expect(run(layer, zeros([5, 2, 3])).shape).toEqual([5, 6])
    expect(layer.outputShape).toEqual([6])
    expect(run(layers.flatten(), zeros([5])).shape).toEqual([5, 1])
    expect(run(layer, zeros([0, 2, 3])).shape).toEqual([0, 6])
  })

  it('reshape', () => {
    const layer = layers.reshape({ targetShape: [-1, 2], name: 'r' })
    expect(run(layer, zeros([5, 6])).shape).toEqual([5, 3, 2])
    expect(layer.outputShape).toEqual([3, 2])
    expect(failure(() => layer.ensureBuilt([5])).message).toBe(
      '[Reshape "r"] inputs of [5] have 5 elements, which do not fill [-1, 2]',
    )
    expect(failure(() => layers.reshape({ targetShape: [-1, -1] })).message).toContain('got [-1, -1]')
  })

  it('rescaling turns bytes into float32', () => {
    const y = run(layers.rescaling({ scale: 1 / 255 }), tensor(new Uint8Array([0, 51, 255]), [3, 1]))
    expect(y.dtype).toBe('float32')
    expectClose(numbers(y), [0, 0.2, 1], 6)
    expect(run(layers.rescaling({ scale: 2, offset: -1 }), tensor(new Uint8Array([200]), [1, 1])).item()).toBe(399)
    expect(failure(() => layers.rescaling({ scale: Number.NaN })).message).toContain(
      'scale must be a finite number, got NaN',
    )
  })

  it('input checks its shape and casts', () => {
    const layer = layers.input({ shape: [2, 2], name: 'i' }).layer as Layer
    expect(layer.inputShape).toEqual([2, 2])
    expect(run(layer, tensor(new Uint8Array(4), [1, 2, 2])).dtype).toBe('float32')
    expect(failure(() => layer.ensureBuilt([3])).message).toContain('takes inputs of [2, 2]')
    expect(failure(() => layers.input({} as never)).message).toContain('needs the option shape')
    expect(failure(() => layers.input({ shape: [2], dtype: 'float64' as never })).code).toBe('ERR_DTYPE')
  })
})

describe('activation', () => {
  it('applies it, and can be left out for logits', () => {
    const layer = layers.activation({ activation: 'softmax' })
    expect(numbers(run(layer, tensor([[0, 0]])))).toEqual([0.5, 0.5])
    const x = tensor([[1, 2]])
    expect(beforeActivation(() => layer.call(x))).toBe(x)
    expect(activationName(activations.gelu)).toBe('gelu')
  })
})

describe('batchNormalization', () => {
  const x = tensor([
    [1, 10],
    [3, 30],
    [5, 20],
    [7, 40],
  ])
  const statistics = [
    [4, 5],
    [25, 125],
  ] as const

  it('normalizes by the batch in training and follows its statistics', () => {
    const layer = layers.batchNormalization({ momentum: 0.9 })
    const y = run(layer, x, { training: true })
    numbers(y).forEach((v, i) => {
      const [mean, variance] = statistics[i % 2] as readonly [number, number]
      expect(v).toBeCloseTo(((x.data()[i] as number) - mean) / Math.sqrt(variance + 1e-3), 5)
    })
    const [, , movingMean, movingVariance] = layer.weights as [Parameter, Parameter, Parameter, Parameter]
    expectClose(numbers(movingMean), [0.4, 2.5])
    expectClose(numbers(movingVariance), [0.9 + 0.5, 0.9 + 12.5])
  })

  it('uses the running statistics in inference and when frozen, and leaves them', () => {
    const layer = layers.batchNormalization()
    run(layer, x, { training: true })
    const moving = layer.weights.slice(2).map(numbers)
    const inference = numbers(run(layer, x))
    layer.trainable = false
    expect(numbers(run(layer, x, { training: true }))).toEqual(inference)
    expect(layer.weights.slice(2).map(numbers)).toEqual(moving)
    const [mean, variance] = [moving[0]?.[0] as number, moving[1]?.[0] as number]
    expect(inference[0]).toBeCloseTo((1 - mean) / Math.sqrt(variance + 1e-3), 5)
  })

  it('trains gamma and beta', () => {
    const layer = layers.batchNormalization()
    backward(sum(run(layer, x, { training: true })))
    const [gamma, beta, movingMean] = layer.weights as [Parameter, Parameter, Parameter]
    expect(numbers(beta.grad as Tensor)).toEqual([4, 4])
    expectClose(numbers(gamma.grad as Tensor), [0, 0], 4)
    expect(movingMean.grad).toBeNull()
  })

  it('leaves gamma or beta out', () => {
    const layer = layers.batchNormalization({ center: false, scale: false })
    run(layer, x, { training: true })
    expect(layer.weights.map(({ name }) => name.split('/')[1])).toEqual(['movingMean', 'movingVariance'])
    const scaled = layers.batchNormalization({ center: false })
    const centered = layers.batchNormalization({ scale: false })
    expect(numbers(run(scaled, x, { training: true }))).toEqual(numbers(run(centered, x, { training: true })))
  })

  it('normalizes other axes', () => {
    const images = randomNormal([4, 3, 5])
    const layer = layers.batchNormalization({ axis: 1 })
    const y = run(layer, images, { training: true })
    expect(layer.weights[0]?.shape).toEqual([3])
    const last = run(layers.batchNormalization(), images.transpose([0, 2, 1]), { training: true })
    expect(numbers(y)).toEqual(numbers(last.transpose([0, 2, 1])))
    layer.ensureBuilt([3, 9])
    expect(failure(() => layer.ensureBuilt([4, 5])).message).toContain('was built for 3 channels')
  })

  it('gives beta for a batch of one', () => {
    expect(numbers(run(layers.batchNormalization(), tensor([[5, -5]]), { training: true }))).toEqual([0, 0])
  })

  it('refuses wrong options and shapes', () => {
    expect(failure(() => layers.batchNormalization({ momentum: 1.5 })).message).toContain('got 1.5')
    expect(failure(() => layers.batchNormalization({ epsilon: -1 })).message).toContain('got -1')
    expect(failure(() => layers.batchNormalization({ axis: 0 })).message).toContain('axis')
    expect(failure(() => layers.batchNormalization({ axis: 3 }).ensureBuilt([4])).code).toBe('ERR_SHAPE')
    expect(failure(() => layers.batchNormalization().call(x)).code).toBe('ERR_ARGUMENT')
  })
})

describe('dropout', () => {
  const x = ones([1000, 10])

  it('drops and rescales in training only', () => {
    const layer = layers.dropout({ rate: 0.2 })
    expect(run(layer, x)).toBe(x)
    const values = numbers(run(layer, x, { training: true }))
    expect(new Set(values)).toEqual(new Set([0, 1.25]))
    const dropped = values.filter((v) => v === 0).length / values.length
    expect(Math.abs(dropped - 0.2)).toBeLessThan(0.02)
    expect(run(layers.dropout({ rate: 0 }), x, { training: true })).toBe(x)
  })

  it('drops the same again for the same seed, and otherwise at each call and in each layer', () => {
    const masks = (...made: Layer[]) => made.map((layer) => numbers(run(layer, x, { training: true })))
    setSeed(4)
    const [a, b] = [layers.dropout({ rate: 0.5 }), layers.dropout({ rate: 0.5 })]
    const first = masks(a, b, a)
    expect(first[1]).not.toEqual(first[0])
    expect(first[2]).not.toEqual(first[0])
    setSeed(4)
    const [c, d] = [layers.dropout({ rate: 0.5 }), layers.dropout({ rate: 0.5 })]
    expect(masks(c, d, c)).toEqual(first)

    const seeded = masks(layers.dropout({ rate: 0.5, seed: 9 }))
    setSeed(5)
    expect(masks(layers.dropout({ rate: 0.5, seed: 9 }))).toEqual(seeded)
  })

  it('drops the same places of the gradient', () => {
    const input = tensor(new Float32Array(100).fill(1), [10, 10], { requiresGrad: true })
    const y = run(layers.dropout({ rate: 0.5 }), input, { training: true })
    const values = numbers(y)
    expect(numbers(gradients(sum(y), [input])[0] as Tensor)).toEqual(values)
  })

  it('refuses a rate outside [0, 1]', () => {
    for (const rate of [1.1, -0.1, Number.NaN, undefined as never])
      expect(failure(() => layers.dropout({ rate, name: 'd' })).message).toBe(
        `[Dropout "d"] rate must be a number from 0 to 1, got ${rate}`,
      )
    expect(failure(() => layers.dropout({ rate: 0.5, seed: -1 })).message).toContain(
      'seed must be a whole number from 0, got -1',
    )
  })
})

import { describe, expect, it } from 'vitest'
import { gradients } from '../../lib/autodiff/backward.js'
import { type Sequential, sequential } from '../../lib/model/index.js'
import { layers, losses, regularizers } from '../../lib/nn/index.js'
import { Layer } from '../../lib/nn/layer.js'
import { collectLosses, total, weightPenalties } from '../../lib/nn/penalties.js'
import { add, mean, mul, square, sum } from '../../lib/ops/index.js'
import { optimizers } from '../../lib/optim/index.js'
import { ones } from '../../lib/tensor/creation.js'
import { setSeed } from '../../lib/tensor/random.js'
import { tidy } from '../../lib/tensor/scope.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { compileStep } from '../../lib/train/index.js'
import { bits } from '../graph/equality.js'
import { failure } from '../helpers/failure.js'
import { difference, type GoldenArray, golden, toTensor } from '../helpers/golden.js'
import { labels, signed } from '../helpers/random.js'

const { l1, l2, l1l2 } = regularizers

interface Training {
  x: GoldenArray
  y: GoldenArray
  start: GoldenArray[]
  before: number
  after: number
  losses: number[]
  end: GoldenArray[]
}

/** Every kind of penalty, one of them on a frozen layer. */
function penalized(): Sequential {
  setSeed(5)
  return sequential({
    layers: [
      layers.dense({
        units: 4,
        activation: 'tanh',
        kernelRegularizer: l2(0.1),
        biasRegularizer: l1(0.05),
        activityRegularizer: l2(0.02),
        inputShape: [3],
      }),
      layers.batchNormalization({ gammaRegularizer: l1l2({ l1: 0.01, l2: 0.02 }), betaRegularizer: l2(0.1) }),
      layers.dense({ units: 4, activation: 'relu', kernelRegularizer: l1(0.3), trainable: false }),
      layers.dense({ units: 2, kernelRegularizer: l1(0.02), activityRegularizer: l1(0.03) }),
    ],
  })
}

describe('penalties', () => {
  it('are in the loss that fit minimizes and evaluate reports, as in Keras', async () => {
    const { training } = golden<{ training: Training }>('layers')
    const [x, y] = [toTensor(training.x), toTensor(training.y)]
    const model = penalized()
    model.setWeights(training.start.map(toTensor))
    model.compile({ optimizer: optimizers.sgd({ learningRate: 0.05 }), loss: 'meanSquaredError' })
    const options = { batchSize: 5 }
    const before = await model.evaluate(x, y, options)
    const { history } = await model.fit(x, y, { ...options, epochs: 2, shuffle: false, verbose: 0 })
    const after = await model.evaluate(x, y, options)
    const bound = { relative: 2e-6, absolute: 1e-6 }
    expect(difference([before.loss as number], [training.before], bound)).toBeNull()
    expect(difference(history.loss as number[], training.losses, bound)).toBeNull()
    expect(difference([after.loss as number], [training.after], bound)).toBeNull()
    for (const [i, weight] of model.weights.entries())
      expect(difference(weight.data(), (training.end[i] as GoldenArray).data, bound), weight.name).toBeNull()
  })

  it('are the same, bit for bit, eagerly and compiled', async () => {
    const [x, y] = [signed([24, 3]), signed([24, 2])]
    const rule = () => optimizers.sgd({ learningRate: 0.05 })
    const eager = penalized()
    const optimizer = rule()
    const wanted: number[] = []
    for (let step = 0; step < 3; step++)
      tidy(() => {
        const { result, losses: added } = collectLosses(() => eager.call(x, { training: true }))
        const { trainableWeights } = eager
        const loss = total([losses.meanSquaredError(y, result), ...added, ...weightPenalties(trainableWeights)])
        optimizer.update(trainableWeights, gradients(loss, trainableWeights))
        wanted.push(loss.item())
      })
    const compiled = penalized()
    compiled.compile({ optimizer: rule(), loss: 'meanSquaredError' })
    const { history } = await compiled.fit(x, y, { batchSize: 24, epochs: 3, shuffle: false, verbose: 0 })
    expect(history.loss).toEqual(wanted)
    expect(compiled.weights.map(bits)).toEqual(eager.weights.map(bits))
  })

  it('on the output act on probabilities, though the loss is computed on logits', async () => {
    const [x, y] = [signed([16, 3]), labels(16, 4)]
    const given = { units: 4, activation: 'softmax', kernelInitializer: 'ones', inputShape: [3] } as const
    const evaluate = async (activityRegularizer: ((w: Tensor) => Tensor) | null) => {
      const model = sequential({ layers: [layers.dense({ ...given, activityRegularizer })] })
      model.compile({ loss: 'sparseCategoricalCrossentropy' })
      return (await model.evaluate(x, y, { batchSize: 8 })).loss as number
    }
    // Equal logits: every probability is a quarter, of which eight samples have thirty-two.
    expect((await evaluate((p) => sum(p))) - (await evaluate(null))).toBeCloseTo(1, 6)
  })

  it('on weights are offered for steps of one’s own', () => {
    const model = penalized()
    expect(model.regularizationLoss().item()).toBeGreaterThan(0)
    const [x, y] = [signed([8, 3]), signed([8, 2])]
    const loss = () => add(losses.meanSquaredError(y, model.call(x, { training: false })), model.regularizationLoss())
    const { trainableWeights } = model
    const optimizer = optimizers.sgd({ learningRate: 0 })
    const step = compileStep((_: Tensor) => loss(), { parameters: trainableWeights, optimizer })
    expect(step.sync(x).loss).toBe(loss().item())
    step.dispose()

    const [kernel] = trainableWeights
    const [gradient] = gradients(model.regularizationLoss(), [kernel as Tensor])
    expect(bits(gradient as Tensor)).toBe(bits(mul(kernel as Tensor, 2 * 0.1)))
    for (const layer of model.layers) layer.trainable = false
    expect(model.regularizationLoss().item()).toBe(0)
    expect(failure(() => sequential().regularizationLoss()).code).toBe('ERR_ARGUMENT')
  })

  it('must be scalars', () => {
    const layer = layers.dense({ units: 2, kernelRegularizer: (w) => square(w), name: 'd' })
    const model = sequential({ layers: [layer] })
    model.ensureBuilt([1])
    expect(failure(() => model.regularizationLoss())).toEqual({
      code: 'ERR_ARGUMENT',
      message: '[d/kernel] the regularizer must return a scalar Tensor, got a Tensor of shape [1, 2]',
    })
    const noisy = layers.dense({ units: 2, activityRegularizer: () => 1 as never, name: 'd' })
    noisy.ensureBuilt([1])
    expect(failure(() => collectLosses(() => noisy.call(ones([1, 1])))).message).toContain(
      '[Dense "d"] the regularizer',
    )
  })
})

describe('addLoss', () => {
  class Centering extends Layer {
    computed = 0
    override call(x: Tensor): Tensor {
      this.addLoss(() => {
        this.computed++
        return square(mean(x))
      })
      this.addLoss(mean(x))
      return x
    }
  }

  it('adds to the loss of fit and evaluate, and costs nothing elsewhere', async () => {
    const centering = new Centering({ inputShape: [2] })
    const model = sequential({ layers: [centering] })
    const x = ones([4, 2])
    model.compile({ loss: 'meanSquaredError' })
    expect((await model.evaluate(x, x)).loss).toBe(2)
    expect(centering.computed).toBe(1)
    model.call(x, { training: true })
    expect(centering.computed).toBe(1)
    const { losses } = collectLosses(() => collectLosses(() => model.call(x)))
    expect(losses).toEqual([])
  })

  it('refuses what is no scalar', () => {
    const layer = new Centering({ name: 'c' })
    for (const loss of [ones([2]), 3 as never, () => undefined as never])
      expect(failure(() => collectLosses(() => layer.addLoss(loss))).message).toMatch(
        /^\[Centering "c"\] addLoss needs a scalar Tensor, got/,
      )
  })
})

import { describe, expect, it } from 'vitest'
import { model } from '../../lib/model/index.js'
import { constraints, layers, regularizers } from '../../lib/nn/index.js'
import type { OptimizerName } from '../../lib/optim/choices.js'
import { optimizers, schedules } from '../../lib/optim/index.js'
import type { Optimizer } from '../../lib/optim/optimizer.js'
import { difference, type GoldenArray, golden, toTensor } from '../helpers/golden.js'

interface Run {
  name: OptimizerName
  accumulation: number
  losses: number[]
  loss: number
  end: Record<string, GoldenArray[]>
}

const { x, y, batch, epochs, start, runs, versions } = golden<{
  x: GoldenArray
  y: GoldenArray
  batch: number
  epochs: number
  start: Record<string, GoldenArray[]>
  runs: Run[]
  versions: { keras: string }
}>('fit')

/** Two blocks with a skip connection, with penalties and constraints before, within and after: that of scripts/golden_fit.py. */
function network(rate: number) {
  const { l1, l2, l1l2 } = regularizers
  const { maxNorm, minMaxNorm, nonNeg, unitNorm } = constraints
  const x = layers.input({ shape: [5] })
  const a = layers
    .dense({
      units: 6,
      kernelRegularizer: l2(0.02),
      biasRegularizer: l1(0.01),
      kernelConstraint: maxNorm({ maxValue: 0.9 }),
      name: 'a',
    })
    .apply(x)
  const b = layers.prelu({ alphaRegularizer: l2(0.1), name: 'b' }).apply(a)
  const c = layers.batchNormalization({ momentum: 0.9, gammaConstraint: nonNeg(), name: 'c' }).apply(b)
  const d = layers
    .dense({
      units: 6,
      activation: 'elu',
      kernelRegularizer: l1l2({ l1: 0.01, l2: 0.01 }),
      kernelConstraint: minMaxNorm({ minValue: 0.2, maxValue: 0.8, rate }),
      name: 'd',
    })
    .apply(c)
  const e = layers
    .layerNormalization({ gammaRegularizer: l2(0.03), betaConstraint: nonNeg(), name: 'e' })
    .apply(layers.add().apply([c, d]))
  const f = layers
    .dense({
      units: 3,
      activation: 'softmax',
      kernelConstraint: unitNorm(),
      activityRegularizer: l2(0.05),
      name: 'f',
    })
    .apply(e)
  return model({ inputs: x, outputs: f })
}

const { cosineDecay, exponentialDecay, inverseTimeDecay, piecewiseConstant, polynomialDecay } = schedules
/** Where a gradient passes close to 0, ε above its default keeps its rounding from deciding the step. */
const made: Partial<Record<OptimizerName, () => Optimizer>> = {
  sgd: () =>
    optimizers.sgd({
      learningRate: cosineDecay({ initialLearningRate: 0.1, decaySteps: 10 }),
      momentum: 0.9,
      nesterov: true,
      clipNorm: 0.5,
      weightDecay: 0.05,
    }),
  rmsprop: () =>
    optimizers.rmsprop({ learningRate: 0.02, centered: true, momentum: 0.5, epsilon: 1e-4, clipValue: 0.05 }),
  adam: () =>
    optimizers.adam({
      learningRate: exponentialDecay({ initialLearningRate: 0.05, decaySteps: 4, decayRate: 0.5 }),
      globalClipNorm: 0.3,
      amsgrad: true,
    }),
  adamw: () =>
    optimizers.adamw({
      learningRate: polynomialDecay({ initialLearningRate: 0.05, decaySteps: 9 }),
      epsilon: 1e-4,
      globalClipNorm: 0.3,
      weightDecay: 0.1,
    }),
  adamax: () =>
    optimizers.adamax({
      learningRate: inverseTimeDecay({ initialLearningRate: 0.05, decaySteps: 4, decayRate: 0.5 }),
      clipNorm: 0.5,
    }),
  nadam: () => optimizers.nadam({ learningRate: 0.02, clipValue: 0.1, weightDecay: 0.05 }),
  adagrad: () => optimizers.adagrad({ learningRate: 0.1, globalClipNorm: 0.4 }),
  adadelta: () =>
    optimizers.adadelta({
      learningRate: piecewiseConstant({ boundaries: [3, 7], values: [1, 0.5, 0.1] }),
      weightDecay: 0.02,
    }),
  lion: () => optimizers.lion({ learningRate: 0.005, clipNorm: 0.5, weightDecay: 0.1 }),
}

describe(`fit with penalties, constraints, clipping, decay and schedules is that of Keras ${versions.keras}`, () => {
  it.each(runs)('$name, accumulating $accumulation', async ({ name, accumulation, losses, loss, end }) => {
    const net = network(accumulation === 1 ? 0.5 : 1)
    for (const [layer, weights] of Object.entries(start))
      for (const [i, weight] of weights.entries()) net.getLayer(layer).weights[i]?.assign(toTensor(weight))
    const optimizer = made[name]?.() ?? expect.fail(`no options for ${name}`)
    // Under accumulation Keras' schedules count steps, ours updates.
    if (accumulation > 1) optimizer.learningRate = 0.05
    net.compile({ optimizer, loss: 'sparseCategoricalCrossentropy' })
    const [inputs, labels] = [toTensor(x), toTensor(y)]
    const { history } = await net.fit(inputs, labels, {
      epochs,
      batchSize: batch,
      shuffle: false,
      gradientAccumulation: accumulation,
      verbose: 0,
    })
    const largest = Math.max(
      ...Object.values(end).flatMap((weights) => weights.flatMap(({ data }) => data.map((w) => Math.abs(Number(w))))),
    )
    const bound = { relative: 0, absolute: 5e-6 * largest }
    expect(difference(history.loss as number[], losses, bound)).toBeNull()
    for (const [layer, weights] of Object.entries(end))
      for (const [i, wanted] of weights.entries()) {
        const weight = net.getLayer(layer).weights[i] ?? expect.fail(`${layer} has no weight ${i}`)
        expect(difference(weight.data(), wanted.data, bound), weight.name).toBeNull()
      }
    const evaluated = await net.evaluate(inputs, labels)
    expect(Math.abs((evaluated.loss as number) - loss)).toBeLessThan(5e-6)
  })

  it('has a run of each optimizer that Keras has', () => {
    const all = golden<{ runs: { name: string; keras: unknown }[] }>('optim').runs
    const ofKeras = new Set(all.flatMap(({ name, keras }) => (keras === null ? [] : [name])))
    expect(new Set(runs.map(({ name }) => name))).toEqual(ofKeras)
  })
})

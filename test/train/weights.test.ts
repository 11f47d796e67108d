import { describe, expect, it } from 'vitest'
import { type Sequential, sequential } from '../../lib/model/index.js'
import type { LossName } from '../../lib/nn/choices.js'
import { layers } from '../../lib/nn/index.js'
import { optimizers } from '../../lib/optim/index.js'
import { tensor } from '../../lib/tensor/creation.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { bits } from '../graph/equality.js'
import { difference, type GoldenArray, golden, toTensor } from '../helpers/golden.js'
import { classifier, points, weightsOf } from './helpers.js'
import { eagerly } from './ways-to-train.js'

interface Run {
  loss: number[]
  accuracy: number[]
  weights: GoldenArray[]
}

const { losses: lossCases, classified } = golden<{
  losses: { loss: LossName; yTrue: GoldenArray; yPred: GoldenArray; sampleWeight: GoldenArray; value: number }[]
  classified: {
    x: GoldenArray
    y: GoldenArray
    sampleWeight: GoldenArray
    classWeight: Record<number, number>
    kernel: GoldenArray
    bias: GoldenArray
    runs: Record<'class' | 'sample' | 'both', Run>
  }
}>('weights')

const { x, y } = points()
const sampleWeight = Float32Array.from({ length: 40 }, (_, i) => (i % 4) / 2)
const quiet = { verbose: 0, shuffle: false, batchSize: 8 } as const
const bounds = { relative: 2e-5, absolute: 2e-6 }

/** One layer that starts where Keras' does. */
function linear(): Sequential {
  const { kernel, bias } = classified
  const [units = 0] = bias.shape
  const model = sequential({
    layers: [layers.dense({ units, activation: 'softmax', inputShape: kernel.shape.slice(0, 1) })],
  })
  model.setWeights([toTensor(kernel), toTensor(bias)])
  model.compile({
    optimizer: optimizers.sgd({ learningRate: 0.5 }),
    loss: 'sparseCategoricalCrossentropy',
    metrics: ['accuracy'],
  })
  return model
}

describe("weighted losses are Keras'", () => {
  it.each(lossCases)('$loss', async ({ loss, yTrue, yPred, sampleWeight, value }) => {
    // A model that gives its input back.
    const model = sequential({ layers: [layers.reshape({ targetShape: yPred.shape.slice(1) })] })
    model.compile({ loss })
    const found = await model.evaluate(toTensor(yPred), toTensor(yTrue), { sampleWeight: toTensor(sampleWeight) })
    expect(difference([found.loss as number], [value], bounds)).toBeNull()
  })

  it.each(['class', 'sample', 'both'] as const)('in training, %s weights', async (kind) => {
    const model = linear()
    const { history } = await model.fit(toTensor(classified.x), toTensor(classified.y), {
      verbose: 0,
      shuffle: false,
      batchSize: 5,
      epochs: 3,
      ...(kind !== 'sample' && { classWeight: classified.classWeight }),
      ...(kind !== 'class' && { sampleWeight: toTensor(classified.sampleWeight) }),
    })
    const wanted = classified.runs[kind]
    expect(difference(history.loss ?? [], wanted.loss, bounds)).toBeNull()
    expect(difference(history.accuracy ?? [], wanted.accuracy, bounds)).toBeNull()
    for (const [i, weights] of wanted.weights.entries())
      expect(difference((model.weights[i] as Tensor).data(), weights.data, bounds)).toBeNull()
  })
})

describe('sampleWeight', () => {
  /** Weights of an eager run with these on its samples. */
  const trained = (weights: ArrayLike<number>): string[] =>
    eagerly({
      make: () => ({ model: classifier({ compile: false }), optimizer: optimizers.sgd({ learningRate: 0.2 }) }),
      loss: 'sparseCategoricalCrossentropy',
      x: tensor(x),
      y: tensor(y),
      sampleWeight: tensor(Float32Array.from(weights)),
      batchSize: 8,
      epochs: 1,
    }).weights

  it('compiled equals eager, in memory and in batches', async () => {
    const wanted = trained(sampleWeight)
    const batch = (i: number) =>
      [x.slice(i, i + 8), y.slice(i, i + 8), Array.from(sampleWeight.slice(i, i + 8))] as const
    const column = { data: sampleWeight, shape: [40, 1] }
    for (const given of [sampleWeight, tensor(sampleWeight), Array.from(sampleWeight), column]) {
      const model = classifier()
      await model.fit(x, y, { ...quiet, sampleWeight: given })
      expect(model.weights.map(bits)).toEqual(wanted)
    }
    const model = classifier()
    await model.fit(new Set([0, 8, 16, 24, 32].map(batch)), undefined, { verbose: 0 })
    expect(model.weights.map(bits)).toEqual(wanted)
  })

  it('class weights are sample weights by class', async () => {
    const classWeight = { 0: 0.5, 1: 3 }
    const wanted = trained(y.map((label) => classWeight[label as 0 | 1]))
    const forms = [y, Uint8Array.from(y), Float32Array.from(y), { data: Int32Array.from(y), shape: [40, 1] }]
    for (const targets of forms) {
      const model = classifier()
      await model.fit(x, targets, { ...quiet, classWeight })
      expect(model.weights.map(bits)).toEqual(wanted)
    }
    // The product of both; a class that is left out counts once.
    const model = classifier()
    await model.fit(x, y, { ...quiet, classWeight: { 1: 2 }, sampleWeight })
    expect(model.weights.map(bits)).toEqual(
      trained(y.map((label, i) => (label === 1 ? 2 : 1) * (sampleWeight[i] as number))),
    )
  })

  it('class weights serve one-hot targets and single units', async () => {
    const classWeight = { 0: 0.25, 1: 2 }
    const weights = y.map((label) => classWeight[label as 0 | 1])
    const oneHot = y.map((label) => [1 - label, label])
    const single = y.map((label) => [label])
    for (const [units, loss, targets] of [
      [2, 'categoricalCrossentropy', oneHot],
      [1, 'binaryCrossentropy', single],
    ] as const) {
      const run = async (options: object): Promise<number[][]> => {
        const activation = units === 2 ? 'softmax' : 'sigmoid'
        const kernelInitializer = 'ones'
        const model = sequential({ layers: [layers.dense({ units, activation, kernelInitializer, inputShape: [2] })] })
        model.compile({ optimizer: 'sgd', loss })
        await model.fit(x, targets, { ...quiet, ...options })
        return weightsOf(model)
      }
      expect(await run({ classWeight })).toEqual(await run({ sampleWeight: weights }))
      expect(await run({ classWeight })).not.toEqual(await run({}))
    }
  })

  it('weighs validation by its own, not by class, and leaves metrics alone', async () => {
    const frozen = (): Sequential => classifier({ learningRate: 0 })
    const plain = await frozen().evaluate(x, y)
    const weighted = await frozen().evaluate(x, y, { sampleWeight })
    expect(weighted.loss).not.toBeCloseTo(plain.loss as number, 3)
    expect(weighted.accuracy).toBe(plain.accuracy)
    const options = { verbose: 0, classWeight: { 1: 5 } } as const
    const first = await frozen().fit(x, y, { ...options, validationData: [x, y, sampleWeight] })
    expect(first.history.val_loss).toEqual([weighted.loss])
    expect(first.history.val_accuracy).toEqual([plain.accuracy])
    const second = await frozen().fit(x, y, { ...options, validationData: [x, y] })
    expect(second.history.val_loss).toEqual([plain.loss])
    const split = await frozen().fit(x, y, { verbose: 0, validationSplit: 0.5, sampleWeight })
    const half = await frozen().evaluate(x.slice(20), y.slice(20), { sampleWeight: sampleWeight.slice(20) })
    expect(split.history.val_loss).toEqual([half.loss])
  })

  it("takes a user's loss that gives one value a sample", async () => {
    const model = sequential({ layers: [layers.dense({ units: 2, inputShape: [2] })] })
    model.compile({ optimizer: 'sgd', loss: (a, b) => a.sub(b).square() })
    const before = [...model.predictSync(x).data()]
    const { history } = await model.fit(x, x, { verbose: 0, batchSize: 40, sampleWeight })
    const errors = x.map((row, i) => row.reduce((sum, v, j) => sum + (v - (before[2 * i + j] as number)) ** 2, 0) / 2)
    const wanted = errors.reduce((sum, error, i) => sum + error * (sampleWeight[i] as number), 0) / 40
    expect(history.loss?.[0]).toBeCloseTo(wanted, 5)
  })
})

describe('weights are refused', () => {
  const scalar = (): Sequential => {
    const model = sequential({ layers: [layers.dense({ units: 2, inputShape: [2] })] })
    model.compile({ optimizer: 'sgd', loss: (a, b) => a.sub(b).square().mean() })
    return model
  }
  const changed = (value: number) => sampleWeight.map((weight, i) => (i === 7 ? value : weight))

  it.each<[string, () => Promise<unknown>, string, RegExp]>([
    [
      'length',
      () => classifier().fit(x, y, { sampleWeight: [1, 2] }),
      'ERR_ARGUMENT',
      /x has 40 samples, sampleWeight has 2/,
    ],
    [
      'shape',
      () => classifier().fit(x, y, { sampleWeight: x }),
      'ERR_SHAPE',
      /one weight a sample, \[n\], got \[40, 2\]/,
    ],
    ['negative', () => classifier().fit(x, y, { sampleWeight: changed(-1) }), 'ERR_ARGUMENT', /sample 7 is -1/],
    [
      'NaN',
      () => classifier().evaluate(x, y, { sampleWeight: changed(Number.NaN) }),
      'ERR_ARGUMENT',
      /sample 7 is NaN/,
    ],
    [
      'infinite',
      () => classifier().fit(x, y, { sampleWeight: changed(1 / 0) }),
      'ERR_ARGUMENT',
      /sample 7 is Infinity/,
    ],
    [
      'a scalar loss',
      () => scalar().fit(x, x, { sampleWeight }),
      'ERR_ARGUMENT',
      /one value a sample, \[32\], got \[\]/,
    ],
    [
      'a class',
      () => classifier().fit(x, y, { classWeight: { 2: 1 } }),
      'ERR_ARGUMENT',
      /class 2; the classes go from 0 to 1/,
    ],
    ['a key', () => classifier().fit(x, y, { classWeight: { '-1': 1 } as never }), 'ERR_ARGUMENT', /key "-1"/],
    ['a text', () => classifier().fit(x, y, { classWeight: { cat: 1 } as never }), 'ERR_ARGUMENT', /key "cat"/],
    ['a class weight', () => classifier().fit(x, y, { classWeight: { 0: -1 } }), 'ERR_ARGUMENT', /class 0.*got -1/],
    ['a NaN', () => classifier().fit(x, y, { classWeight: { 0: Number.NaN } }), 'ERR_ARGUMENT', /class 0.*got NaN/],
    ['no record', () => classifier().fit(x, y, { classWeight: [1, 2] as never }), 'ERR_ARGUMENT', /must be a record/],
  ])('%s', async (_, run, code, message) => {
    await expect(run()).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  })

  it.each([-1, 2, 0.5, Number.NaN])('for a label that is no class: %s', async (label) => {
    const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [2] })] })
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
    for (const shape of [[40], [40, 1]]) {
      const targets = { data: Float32Array.from(y, (_, i) => (i === 3 ? label : 0)), shape }
      await expect(model.fit(x, targets, { verbose: 0, shuffle: false, classWeight: { 0: 2 } })).rejects.toMatchObject({
        code: 'ERR_ARGUMENT',
        message: expect.stringMatching(
          /^\[fit\].* classWeight: label -?[\d.na]+ of sample 3 is no class: with 2 classes/,
        ),
      })
    }
  })
})

import '../../lib/ops/index.js'
import { describe, expect, it } from 'vitest'
import { type Sequential, sequential } from '../../lib/model/index.js'
import { runtime } from '../../lib/native/runtime.js'
import { layers } from '../../lib/nn/index.js'
import type { Layer } from '../../lib/nn/layer.js'
import { randomNormal, randomUniform, tensor } from '../../lib/tensor/creation.js'
import { setSeed } from '../../lib/tensor/random.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { type McPredictOptions, mcPredict } from '../../lib/tools/index.js'
import { settle } from '../helpers/settle.js'

const { alphaDropout, batchNormalization, dense, dropout, gaussianDropout, spatialDropout } = layers

function network(activation: 'softmax' | 'sigmoid' | 'linear' = 'softmax', seed?: number): Sequential {
  setSeed(5)
  return sequential({
    layers: [
      dense({ units: 16, activation: 'relu', inputShape: [4] }),
      batchNormalization(),
      dropout({ rate: 0.5, seed }),
      dense({ units: 3, activation }),
    ],
  })
}

const x = randomNormal([10, 4], { seed: 3 })
const data = (t: Tensor | null): number[] => [...(t as Tensor).data()]

describe('mcPredict', () => {
  it('is the mean and the spread of eager passes with the same masks', async () => {
    const model = network()
    const passes = Array.from({ length: 20 }, () => model.call(x, { dropout: true }).data())
    setSeed(5)
    const { mean, stddev, entropy } = await mcPredict(model, x, { samples: 20 })
    expect([mean.shape, stddev.shape, entropy?.shape]).toEqual([[10, 3], [10, 3], [10]])
    const means = data(mean).map((_, i) => passes.reduce((sum, pass) => sum + (pass[i] as number), 0) / 20)
    data(mean).forEach((value, i) => {
      expect(value).toBeCloseTo(means[i] as number, 6)
    })
    data(stddev).forEach((value, i) => {
      const squares = passes.reduce((sum, pass) => sum + ((pass[i] as number) - (means[i] as number)) ** 2, 0)
      expect(value).toBeCloseTo(Math.sqrt(squares / 20), 6)
    })
    data(entropy).forEach((value, row) => {
      const p = means.slice(3 * row, 3 * row + 3)
      expect(value).toBeCloseTo(-p.reduce((sum, q) => sum + q * Math.log(q), 0), 5)
    })
  })

  const kinds: [string, () => Layer[]][] = [
    ['gaussianDropout', () => [gaussianDropout({ rate: 0.4 })]],
    ['alphaDropout', () => [alphaDropout({ rate: 0.3 })]],
    [
      'spatialDropout',
      () => [layers.reshape({ targetShape: [4, 4] }), spatialDropout({ rate: 0.5 }), layers.flatten()],
    ],
  ]
  it.each(kinds)('%s: the same as eager passes, with running statistics in batch normalization', async (_, drop) => {
    setSeed(5)
    const model = sequential({
      layers: [
        dense({ units: 16, activation: 'selu', inputShape: [4] }),
        batchNormalization(),
        ...drop(),
        batchNormalization(),
        dense({ units: 3 }),
      ],
    })
    // Statistics that no batch of x has.
    model.setWeights(
      model.weights.map(({ name, shape }, i) =>
        randomUniform(shape, { min: 0.5, max: name.endsWith('Variance') ? 2 : 1, seed: i }),
      ),
    )
    const before = model.getWeights().map(data)
    setSeed(9)
    const passes = Array.from({ length: 12 }, () => model.call(x, { dropout: true }).data())
    setSeed(9)
    const { mean, stddev } = await mcPredict(model, x, { samples: 12 })
    data(mean).forEach((value, i) => {
      const own = passes.map((pass) => pass[i] as number)
      const average = own.reduce((sum, y) => sum + y, 0) / 12
      const spread = Math.sqrt(own.reduce((sum, y) => sum + (y - average) ** 2, 0) / 12)
      expect(value).toBeCloseTo(average, 4)
      expect(data(stddev)[i]).toBeCloseTo(spread, 4)
      expect(spread).toBeGreaterThan(0)
    })
    expect(model.getWeights().map(data)).toEqual(before)
    // What a row gives does not depend on the rows beside it, as it would under the statistics of a batch.
    const row = x.slice([0, 0], [1, 4])
    const alone = await mcPredict(model, row, { samples: 2000, seed: 1 })
    const among = await mcPredict(model, x, { samples: 2000, seed: 2 })
    data(alone.mean).forEach((value, i) => {
      const error = (data(alone.stddev)[i] as number) / Math.sqrt(2000)
      expect(Math.abs(value - (data(among.mean)[i] as number))).toBeLessThan(8 * error)
    })
  })

  it('goes to the plain prediction as the passes grow, for a linear output', async () => {
    const model = network('linear')
    const { mean, stddev, entropy } = await mcPredict(model, x, { samples: 4000, seed: 1 })
    expect(entropy).toBeNull()
    const [plain, spread] = [(await model.predict(x)).data(), stddev.data()]
    data(mean).forEach((value, i) => {
      expect(Math.abs(value - (plain[i] as number))).toBeLessThan((5 * (spread[i] as number)) / Math.sqrt(4000) + 1e-6)
    })
  })

  it('gives the entropy of each unit of a sigmoid output, and 0 for certainty', async () => {
    const { mean, entropy } = await mcPredict(network('sigmoid'), x, { samples: 5 })
    data(entropy).forEach((value, i) => {
      const p = data(mean)[i] as number
      expect(value).toBeCloseTo(-p * Math.log(p) - (1 - p) * Math.log(1 - p), 5)
    })
    const certain = sequential({
      layers: [dropout({ rate: 0.5, inputShape: [2] }), dense({ units: 2, activation: 'softmax' })],
    })
    certain.setWeights([
      tensor([
        [0, 0],
        [0, 0],
      ]),
      tensor([500, -500]),
    ])
    expect(data((await mcPredict(certain, [[1, 1]])).entropy)).toEqual([0])
  })

  it('leaves running statistics, weights and the global draws alone', async () => {
    const model = network()
    const before = model.getWeights().map(data)
    await mcPredict(model, x, { seed: 1 })
    expect(model.getWeights().map(data)).toEqual(before)
    setSeed(8)
    const expected = data(model.call(x, { training: true }))
    setSeed(8)
    await mcPredict(model, x, { seed: 1 })
    model.setWeights(before.map((values, i) => tensor(values, model.weights[i]?.shape)))
    expect(data(model.call(x, { training: true }))).toEqual(expected)
  })

  it('is fixed by its seed, whatever the layers and batches', async () => {
    const [own, global] = [network('softmax', 4), network()]
    for (const model of [own, global]) {
      const run = async (options: McPredictOptions) =>
        data((await mcPredict(model, x, { samples: 10, ...options })).mean)
      expect(await run({ seed: 2, batchSize: 3 })).toEqual(await run({ seed: 2, batchSize: 3 }))
      if (model === global) expect(await run({ seed: 2 })).not.toEqual(await run({ seed: 3 }))
      expect(await run({})).not.toEqual(await run({}))
    }
  })

  it('takes arrays and bytes, builds the model, and leaves only the result', async () => {
    const model = sequential({ layers: [dropout({ rate: 0.2 }), dense({ units: 1 })] })
    const bytes = { data: Uint8Array.from({ length: 14 }, (_, i) => i), shape: [7, 2] }
    await mcPredict(model, bytes)
    await settle()
    const before = runtime.memory().tensors
    const { mean, stddev } = await mcPredict(model, bytes, { batchSize: 2 })
    expect([mean.shape, stddev.shape]).toEqual([
      [7, 1],
      [7, 1],
    ])
    expect(runtime.memory().tensors - before).toBe(2)
  })

  it('refuses what makes no sense', async () => {
    const refused = (options: unknown, model = network()) =>
      expect(mcPredict(model, x, options as McPredictOptions)).rejects
    await refused({ samples: 0 }).toMatchObject({ code: 'ERR_ARGUMENT', message: expect.stringContaining('samples') })
    await refused({ batchSize: 1.5 }).toMatchObject({ message: expect.stringContaining('batchSize') })
    await refused({ seed: -1 }).toMatchObject({ code: 'ERR_ARGUMENT' })
    await refused({ sample: 3 }).toMatchObject({ message: expect.stringContaining('Did you mean "samples"') })
    await refused(null).toMatchObject({ code: 'ERR_ARGUMENT' })
    await refused({}, sequential({ layers: [dense({ units: 1, inputShape: [4] })] })).toMatchObject({
      code: 'ERR_ARGUMENT',
      message: expect.stringContaining('no dropout layer'),
    })
    await expect(mcPredict(network(), [[1, 2]])).rejects.toMatchObject({ code: 'ERR_SHAPE' })
  })
})

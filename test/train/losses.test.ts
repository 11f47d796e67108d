import { describe, expect, it } from 'vitest'
import { type Sequential, sequential } from '../../lib/model/index.js'
import type { LossLike } from '../../lib/nn/choices.js'
import { layers, losses } from '../../lib/nn/index.js'
import type { LossFunction, LossOptions } from '../../lib/nn/losses/loss.js'
import { mean, mul, square, sub } from '../../lib/ops/index.js'
import { sgd } from '../../lib/optim/rules/sgd.js'
import { tensor } from '../../lib/tensor/creation.js'
import { setSeed } from '../../lib/tensor/random.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { labels, positive } from '../helpers/random.js'

const samples = 24
const x = positive([samples, 4])
const weights = Float32Array.from({ length: samples }, (_, i) => (i % 4) / 2)

function build(loss: LossLike, activation: 'softmax' | 'sigmoid' | 'linear' = 'sigmoid'): Sequential {
  setSeed(3)
  const model = sequential({ layers: [layers.dense({ units: 3, activation, inputShape: [4] })] })
  model.compile({ optimizer: sgd({ learningRate: 0.05 }), loss })
  return model
}

/** The loss of the first epoch, in one batch: that of the first weights. */
async function firstLoss(model: Sequential, y: Tensor, sampleWeight?: Float32Array): Promise<number> {
  const { history } = await model.fit(x, y, { batchSize: samples, shuffle: false, verbose: 0, sampleWeight })
  return history.loss?.[0] as number
}

describe('every loss in fit', () => {
  it.each(Object.keys(losses) as (keyof typeof losses)[])('%s, with and without weights on samples', async (name) => {
    const y = name === 'sparseCategoricalCrossentropy' ? labels(samples, 3) : positive([samples, 3], 5).mul(0.5)
    const each = losses[name](y, build(name).call(x), { reduction: 'none' })
    expect(each.shape).toEqual([samples])
    const values = Array.from(each.data())
    const average = (factor: (i: number) => number) =>
      values.reduce((sum, value, i) => sum + value * factor(i), 0) / samples
    const digits = 5
    expect(await firstLoss(build(name), y)).toBeCloseTo(
      average(() => 1),
      digits,
    )
    expect(await firstLoss(build(name), y, weights)).toBeCloseTo(
      average((i) => weights[i] as number),
      digits,
    )
  })
})

describe("a loss of one's own", () => {
  const y = positive([samples, 3], 5)
  const wanted = (model: Sequential): number => losses.meanSquaredError(y, model.call(x)).item()

  it('and a metric get targets and predictions in one rank, as Keras gives them', async () => {
    const seen = new Set<string>()
    const apart = (yTrue: Tensor, yPred: Tensor): Tensor => {
      seen.add(`${yTrue.rank} ${yPred.rank}`)
      return square(sub(yTrue, yPred))
    }
    const x = tensor([1, 2, 3, -1], [4, 1])
    for (const [outputShape, targetShape] of [
      [[1], [4]],
      [[], [4, 1]],
      [
        [1, 1],
        [4, 1],
      ],
    ] as const) {
      const y = x.reshape(targetShape)
      const model = sequential({
        layers: [
          layers.dense({ units: 1, useBias: false, kernelInitializer: 'zeros', inputShape: [1] }),
          layers.reshape({ targetShape: outputShape }),
        ],
      })
      model.compile({ optimizer: sgd({ learningRate: 0.05 }), loss: apart, metrics: [apart] })
      await model.fit(x, y, { epochs: 100, verbose: 0, sampleWeight: new Float32Array(4).fill(1) })
      expect(model.getWeights()[0]?.item()).toBeCloseTo(1, 5)
      expect(await model.evaluate(x, y)).toEqual({ loss: expect.closeTo(0, 8), apart: expect.closeTo(0, 8) })
    }
    expect([...seen].sort()).toEqual(['2 2'])
  })

  it('may return a scalar, one value a sample, or one value an element', async () => {
    const scalar = (yTrue: Tensor, yPred: Tensor) => mean(square(sub(yTrue, yPred)))
    const each = (yTrue: Tensor, yPred: Tensor) => mean(square(sub(yTrue, yPred)), 1)
    const elements = (yTrue: Tensor, yPred: Tensor) => square(sub(yTrue, yPred))
    for (const loss of [scalar, each, elements])
      expect(await firstLoss(build(loss), y), loss.name).toBeCloseTo(wanted(build(loss)), 5)
    await expect(firstLoss(build(scalar), y, weights)).rejects.toMatchObject({ code: 'ERR_ARGUMENT' })
  })

  it('is refused by name and shapes if it returns something else', async () => {
    const perColumn = (yTrue: Tensor, yPred: Tensor) => mean(square(sub(yTrue, yPred)), 0)
    for (const given of [undefined, weights])
      await expect(firstLoss(build(perColumn), y, given)).rejects.toMatchObject({
        code: 'ERR_SHAPE',
        message: `[perColumn] must return a scalar or one value a sample, [${samples}], returned [3]: yTrue is [${samples}, 3], yPred is [${samples}, 3]`,
      })
    const unnamed = [(yTrue: Tensor) => yTrue.flatten()]
    await expect(build(unnamed[0] as LossFunction).evaluate(x, y)).rejects.toMatchObject({
      code: 'ERR_SHAPE',
      message: expect.stringMatching(/^\[loss\] must return .*, returned \[\d+\]: yTrue is/),
    })
    await expect(
      firstLoss(
        build(() => 3 as never),
        y,
      ),
    ).rejects.toMatchObject({
      code: 'ERR_ARGUMENT',
      message: '[loss] the function must return a Tensor, got 3',
    })
  })

  it('may give a loss other options, and hand on those of training', async () => {
    const wrapped: LossFunction = (yTrue, yPred, options?: LossOptions) =>
      losses.huber(yTrue, yPred, { ...options, delta: 0.1 })
    const model = build(wrapped)
    const each = losses.huber(y, model.call(x), { delta: 0.1, reduction: 'none' })
    const weighed = mean(mul(each, tensor(weights))).item()
    expect(await firstLoss(build(wrapped), y, weights)).toBeCloseTo(weighed, 6)
    expect(await firstLoss(build(wrapped), y)).toBeCloseTo(mean(each).item(), 6)
  })
})

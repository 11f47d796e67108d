import { describe, expect, it } from 'vitest'
import { type Sequential, sequential } from '../../lib/model/index.js'
import type { LossLike, MetricLike } from '../../lib/nn/choices.js'
import { layers, losses, metrics } from '../../lib/nn/index.js'
import { abs, gather, mean, sub } from '../../lib/ops/index.js'
import { adam } from '../../lib/optim/rules/index.js'
import { arange, tensor } from '../../lib/tensor/creation.js'
import { setSeed } from '../../lib/tensor/random.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { compileStep } from '../../lib/train/index.js'
import { beforeActivation } from '../helpers/before-activation.js'
import { getMetric } from '../helpers/choices.js'
import { labels, signed } from '../helpers/random.js'

// The last batch is smaller.
const [samples, batchSize] = [45, 8]
const x = signed([samples, 6])
const absoluteError = (y: Tensor, p: Tensor) => mean(abs(sub(y, p)), 1)
const batchError = (y: Tensor, p: Tensor) => mean(abs(sub(y, p)))

interface Task {
  y: Tensor
  units: number
  activation: 'softmax' | 'sigmoid' | 'linear'
  loss: LossLike
  metrics: () => MetricLike[]
}

const { precision, recall, f1, auc, confusionMatrix, topKCategoricalAccuracy } = metrics

const tasks: Record<string, Task> = {
  'several classes': {
    y: labels(samples, 5),
    units: 5,
    activation: 'softmax',
    loss: 'sparseCategoricalCrossentropy',
    metrics: () => [
      'accuracy',
      'sparseCategoricalAccuracy',
      'topKCategoricalAccuracy',
      topKCategoricalAccuracy({ k: 2, name: 'top2' }),
      'confusionMatrix',
      precision({ average: 'macro' }),
      recall({ average: 'weighted' }),
      f1({ average: 'micro' }),
      precision({ classId: 2, threshold: 0.2, name: 'p2' }),
    ],
  },
  'one-hot classes': {
    y: tensor(
      Float32Array.from({ length: samples * 3 }, (_, i) => Number(i % 3 === ((i * 7) % 5) % 3)),
      [samples, 3],
    ),
    units: 3,
    activation: 'softmax',
    loss: 'categoricalCrossentropy',
    metrics: () => ['accuracy', 'categoricalAccuracy', 'confusionMatrix', 'meanSquaredError', absoluteError],
  },
  'yes or no': {
    y: tensor(
      Int32Array.from({ length: samples }, (_, i) => Number(i % 3 === 0)),
      [samples, 1],
    ),
    units: 1,
    activation: 'sigmoid',
    loss: 'binaryCrossentropy',
    metrics: () => [
      'accuracy',
      'binaryAccuracy',
      'precision',
      'recall',
      'f1',
      'auc',
      'confusionMatrix',
      auc({ curve: 'PR', numThresholds: 20, name: 'pr' }),
      precision({ threshold: 0.3, name: 'p30' }),
    ],
  },
  numbers: {
    y: signed([samples, 2], 3),
    units: 2,
    activation: 'linear',
    loss: (y, p) => losses.huber(y, p, { delta: 0.5 }),
    metrics: () => ['meanSquaredError', 'meanAbsoluteError', 'r2', losses.logCosh, absoluteError, batchError],
  },
}

function build({ units, activation, loss, metrics }: Task): Sequential {
  setSeed(11)
  const model = sequential({
    layers: [layers.dense({ units: 9, activation: 'tanh', inputShape: [6] }), layers.dense({ units, activation })],
  })
  model.compile({ optimizer: adam({ learningRate: 0.02 }), loss, metrics: metrics() })
  return model
}

const batchesOf = (...data: Tensor[]): Tensor[][] =>
  Array.from({ length: Math.ceil(samples / batchSize) }, (_, i) => {
    const rows = arange(i * batchSize, Math.min(samples, (i + 1) * batchSize), 1, { dtype: 'int32' })
    return data.map((part) => gather(part, rows))
  })

describe('metrics in fit and evaluate', () => {
  it.each(Object.keys(tasks))('%s: as eagerly, to the bit', async (name) => {
    const task = tasks[name] as Task
    const model = build(task)
    const { history } = await model.fit(x, task.y, { epochs: 3, batchSize, verbose: 0, validationData: [x, task.y] })
    const found = await model.evaluate(x, task.y, { batchSize })
    for (const [key, value] of Object.entries(found)) expect(history[`val_${key}`]?.at(-1), key).toBe(value)

    const undone = task.activation !== 'linear'
    for (const like of task.metrics()) {
      const metric = getMetric(like, { loss: losses[task.loss as keyof typeof losses], outputShape: model.outputShape })
      for (const [part, y] of batchesOf(x, task.y) as [Tensor, Tensor][]) {
        const logits = undone && !metric.needsProbabilities
        metric.update(y, logits ? beforeActivation(() => model.call(part)) : model.call(part))
      }
      expect(found, metric.name).toHaveProperty(metric.name, metric.result())
      expect(Number.isFinite(metric.result()), metric.name).toBe(true)
    }
  })

  it('a confusion matrix that was given shows what the last pass counted', async () => {
    const task = tasks['several classes'] as Task
    const matrix = confusionMatrix({ classes: 5 })
    const model = build({ ...task, metrics: () => [matrix] })
    const seen: number[] = []
    const total = (): number =>
      matrix
        .matrix()
        .flat()
        .reduce((sum, count) => sum + count, 0)
    expect(matrix.matrix()).toEqual(Array(5).fill(Array(5).fill(0)))
    await model.fit(x, task.y, {
      epochs: 2,
      verbose: 0,
      validationSplit: 0.2,
      callbacks: { onEpochEnd: () => void seen.push(total()) },
    })
    expect(seen).toEqual([9, 9])
    const { confusionMatrix: share } = await model.evaluate(x, task.y)
    expect(total()).toBe(samples)
    expect(matrix.matrix().reduce((sum, row, i) => sum + (row[i] as number), 0) / samples).toBe(share)
    expect(matrix.result()).toBe(share)
  })

  it('two passes at once do not mix their counts', async () => {
    const task = tasks['several classes'] as Task
    const given = topKCategoricalAccuracy({ k: 2 })
    const model = build({ ...task, metrics: () => [given] })
    const alone = await model.evaluate(x, task.y)
    const both = await Promise.all([model.evaluate(x, task.y), model.evaluate(x, task.y, { batchSize: 3 })])
    for (const { topKCategoricalAccuracy: share } of both) expect(share).toBe(alone.topKCategoricalAccuracy)
  })

  it('refuses labels that are none by the name of the metric', async () => {
    const { y: _, ...task } = tasks['yes or no'] as Task
    const model = build({ ...task, y: x, loss: 'meanSquaredError', metrics: () => [precision({ name: 'mine' })] })
    const twos = tensor(new Float32Array(samples).fill(2), [samples, 1])
    await expect(model.evaluate(x, twos)).rejects.toMatchObject({
      code: 'ERR_ARGUMENT',
      message: expect.stringMatching(/^\[evaluate\] .*mine: label 2 of sample 0 is no class/),
    })
  })

  it('refuses what is no metric when it is given', () => {
    const task = tasks.numbers as Task
    const compile = (metric: unknown) => () => build({ ...task, metrics: () => [metric as MetricLike] })
    expect(compile({ name: 'mine' })).toThrow(/\[compile\] a metric must be .*named "mine"/)
    expect(compile('precison')).toThrow(/Did you mean "precision"/)
    expect(compile(metrics.auc)).toThrow(/give metrics.auc\(…\), or "auc"/)
  })
})

describe("metrics in a loop of one's own", () => {
  it('count inside a compiled step as outside it', () => {
    const { y, ...task } = tasks['yes or no'] as Task
    const [inside, outside] = [auc(), auc()]
    const outcomes = [true, false].map((within) => {
      const model = build({ ...task, y })
      const metric = within ? inside : outside
      const loss = (x: Tensor, y: Tensor): Tensor => {
        const p = model.call(x, { training: true })
        if (within) metric.update(y, p)
        return losses.binaryCrossentropy(y, p)
      }
      const step = compileStep(loss, { parameters: model.trainableWeights, optimizer: adam() })
      const results: number[] = []
      for (let epoch = 0; epoch < 2; epoch++) {
        metric.reset()
        for (const [part, targets] of batchesOf(x, y) as [Tensor, Tensor][]) {
          if (!within) metric.update(targets, model.call(part, { training: true }))
          step.sync(part, targets)
        }
        results.push(metric.result())
      }
      step.dispose()
      return results
    })
    expect(outcomes[0]).toEqual(outcomes[1])
    expect(outcomes[0]?.[0]).toBeGreaterThan(0)
  })
})

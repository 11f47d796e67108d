import { describe, expect, it } from 'vitest'
import { native } from '../../lib/native/binding.js'
import {
  binaryCrossentropy,
  categoricalCrossentropy,
  sparseCategoricalCrossentropy,
} from '../../lib/nn/losses/index.js'
import { getMetric } from '../../lib/nn/metrics/get.js'
import * as metrics from '../../lib/nn/metrics/index.js'
import { tensor } from '../../lib/tensor/creation.js'
import { failure } from '../helpers/failure.js'

const predictions = [
  [0.1, 0.7, 0.2],
  [0.5, 0.3, 0.2],
  [0.2, 0.2, 0.6],
]

describe('accuracies', () => {
  it('sparse: counts over batches of different sizes, not a mean of means', () => {
    const metric = metrics.sparseCategoricalAccuracy()
    metric.update(tensor(new Uint8Array([1, 1, 2])), tensor(predictions))
    expect(metric.result()).toBe(2 / 3)
    metric.update(tensor([[0]]), tensor([[0.1, 0.7, 0.2]]))
    expect(metric.result()).toBe(2 / 4)
    metric.reset()
    expect(metric.result()).toBe(0)
  })

  it('categorical: compares the largest target with the largest prediction', () => {
    const metric = metrics.categoricalAccuracy()
    metric.update(
      tensor([
        [0, 1, 0],
        [0, 1, 0],
        [0, 0, 1],
      ]),
      tensor(predictions),
    )
    expect(metric.result()).toBe(2 / 3)
  })

  it('binary: compares every element with the threshold', () => {
    const metric = metrics.binaryAccuracy()
    metric.update(tensor([1, 0, 1, 0]), tensor([[0.9], [0.5], [0.5], [0.6]]))
    expect(metric.result()).toBe(2 / 4)
    const strict = metrics.binaryAccuracy({ threshold: 0.8 })
    strict.update(tensor([[1, 0]]), tensor([[0.9, 0.7]]))
    expect(strict.result()).toBe(1)
    expect(failure(() => metrics.binaryAccuracy({ threshold: Number.NaN })).message).toContain('NaN')
  })

  it('free what they make, and ignore an empty batch', () => {
    const metric = metrics.sparseCategoricalAccuracy()
    const [yTrue, yPred] = [tensor([1, 1, 2]), tensor(predictions)]
    metric.update(yTrue, yPred)
    const before = native.memory().tensors
    for (let i = 0; i < 10; i++) metric.update(yTrue, yPred)
    expect(native.memory().tensors).toBe(before)
    metric.update(tensor([], [0]), tensor([], [0, 3]))
    expect(metric.result()).toBe(2 / 3)
  })

  it('refuse shapes that do not fit', () => {
    const { code, message } = failure(() =>
      metrics.sparseCategoricalAccuracy().update(tensor([1, 2]), tensor(predictions)),
    )
    expect(code).toBe('ERR_SHAPE')
    expect(message).toMatch(/^\[sparseCategoricalAccuracy\] .*yTrue is \[2\], yPred is \[3, 3\]/)
  })
})

describe('accuracy', () => {
  const labels = tensor([1, 1, 2])

  it('is sparse for labels, by the loss or by the shapes', () => {
    for (const context of [{ loss: sparseCategoricalCrossentropy, outputShape: [3] }, {}]) {
      const metric = getMetric('accuracy', context)
      metric.update(labels, tensor(predictions))
      expect(metric.result()).toBe(2 / 3)
      expect(metric.name).toBe('accuracy')
      expect(metric.needsProbabilities).toBe(false)
    }
  })

  it('is categorical for one-hot targets', () => {
    const metric = getMetric('accuracy', { loss: categoricalCrossentropy, outputShape: [3] })
    metric.update(tensor([[0, 1, 0]]), tensor([[0.1, 0.7, 0.2]]))
    expect(metric.result()).toBe(1)
  })

  it('is binary for one output, and for binaryCrossentropy on several', () => {
    const one = getMetric('accuracy', { outputShape: [1] })
    expect(one.needsProbabilities).toBe(true)
    one.update(tensor([1, 0]), tensor([[0.9], [0.8]]))
    expect(one.result()).toBe(0.5)
    const several = getMetric('accuracy', { loss: binaryCrossentropy, outputShape: [3] })
    several.update(tensor([[1, 0, 1]]), tensor([[0.9, 0.8, 0.7]]))
    expect(several.result()).toBeCloseTo(2 / 3, 12)
  })
})

describe('getMetric', () => {
  it('knows names and metrics, and suggests', () => {
    expect(getMetric('binaryAccuracy').name).toBe('binaryAccuracy')
    const own = metrics.categoricalAccuracy()
    expect(getMetric(own)).toBe(own)
    expect(failure(() => getMetric('acuracy' as 'accuracy')).message).toContain('Did you mean "accuracy"?')
  })
})

import { MyelinError } from '../../native/error.js'
import { argMax, cast, equal, greater } from '../../ops/index.js'
import type { Shape } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import { binaryCrossentropy, sparseCategoricalCrossentropy } from '../losses/index.js'
import { type LossFunction, matchLabels, matchTargets, misshapen } from '../losses/loss.js'
import type { Metric } from './metric.js'
import { Share } from './share.js'

/** The share of samples whose most probable class is the label. yTrue: [N] or [N, 1], whole numbers; yPred: [N, classes]. */
export const sparseCategoricalAccuracy = (): Metric =>
  new Share('sparseCategoricalAccuracy', (yTrue, yPred) => {
    const { labels, rows } = matchLabels('sparseCategoricalAccuracy', yTrue, yPred)
    return equal(cast(labels, 'int32'), argMax(rows, -1))
  })

/** The share of samples whose most probable class is that of the largest target. yTrue, yPred: [N, classes]. */
export const categoricalAccuracy = (): Metric =>
  new Share('categoricalAccuracy', (yTrue, yPred) => {
    const targets = matchTargets('categoricalAccuracy', yTrue, yPred)
    if (yPred.rank < 2) throw misshapen('categoricalAccuracy', yTrue, yPred, 'needs [N, classes]')
    return equal(argMax(targets, -1), argMax(yPred, -1))
  })

/**
 * The share of elements where yPred is above the threshold just where yTrue is 1. yTrue, yPred: [N, …]; yPred: probabilities.
 * @param options threshold: default 0.5
 */
export function binaryAccuracy({ threshold = 0.5 }: { threshold?: number } = {}): Metric {
  if (!Number.isFinite(threshold))
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[binaryAccuracy] threshold must be a finite number, got ${String(threshold)}`,
    )
  const compare = (yTrue: Tensor, yPred: Tensor): Tensor =>
    equal(matchTargets('binaryAccuracy', yTrue, yPred), cast(greater(yPred, threshold), 'float32'))
  return new Share('binaryAccuracy', compare, true)
}

/** What a metric may know of the model it is for. */
export interface MetricContext {
  loss?: LossFunction
  /** One sample's output. */
  outputShape?: Shape
}

/**
 * The accuracy that fits: binary for one output a sample or binaryCrossentropy, sparse categorical for labels, categorical for
 * one-hot targets. What loss and output leave open the first batch's shapes decide, as in Keras.
 */
export const accuracy = (context: MetricContext = {}): Metric => new Accuracy(context)

class Accuracy implements Metric {
  readonly compiles = true
  readonly name = 'accuracy'
  private metric: Metric | null

  constructor({ loss, outputShape }: MetricContext) {
    const binary = loss === binaryCrossentropy || outputShape?.at(-1) === 1
    if (loss === sparseCategoricalCrossentropy) this.metric = sparseCategoricalAccuracy()
    else this.metric = binary ? binaryAccuracy() : null
  }

  get needsProbabilities(): boolean {
    return this.metric?.needsProbabilities ?? false
  }

  reset(): void {
    this.metric?.reset()
  }

  update(yTrue: Tensor, yPred: Tensor): void {
    this.metric ??= byShapes(yTrue, yPred)
    this.metric.update(yTrue, yPred)
  }

  dispose(): void {
    this.metric?.dispose()
  }

  result(): number {
    return this.metric?.result() ?? 0
  }
}

function byShapes(yTrue: Tensor, yPred: Tensor): Metric {
  if (yPred.rank < 2 || yPred.shape.at(-1) === 1) return binaryAccuracy()
  const labels = yTrue.rank < yPred.rank || yTrue.shape.at(-1) === 1
  return labels ? sparseCategoricalAccuracy() : categoricalAccuracy()
}

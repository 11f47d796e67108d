import { optional, type Schema, whole } from '../../core/schema.js'
import { cast, equal, greater, lessEqual, max, mul, oneHot, reshape, sum, where } from '../../ops/index.js'
import { classRows } from './classes.js'
import { meanRule } from './mean.js'
import { type Metric, type MetricOptions, ruledMetric } from './metric.js'

export interface TopKOptions extends MetricOptions {
  /** How many guesses are allowed, at least 1. Default 5. */
  k?: number
}

const schema = { k: optional(whole(1), 5) } satisfies Schema<TopKOptions, MetricOptions>

/**
 * The share of samples for which fewer than k classes are more probable than the right one; NaN is never among the k. yTrue: labels
 * [N] or [N, 1], or one-hot [N, classes]; yPred: [N, classes], probabilities or logits.
 */
export const topKCategoricalAccuracy = (options: TopKOptions = {}): Metric =>
  ruledMetric('topKCategoricalAccuracy', schema, options, ({ name, k }) =>
    meanRule(name, (yTrue, yPred) => {
      const { labels, rows, classes } = classRows(name, yTrue, yPred)
      const right = max(where(oneHot(labels, classes), rows, Number.NEGATIVE_INFINITY), -1, true)
      const before = sum(cast(greater(rows, right), 'int32'), -1)
      const isNumber = reshape(cast(equal(right, right), 'int32'), before.shape)
      return reshape(mul(cast(lessEqual(before, k - 1), 'int32'), isNumber), yPred.shape.slice(0, -1))
    }),
  )

import { checkFinite } from '../../core/check.js'
import { optional, type Schema } from '../../core/schema.js'
import { argMax, cast, classLabels, equal, greater, reshape } from '../../ops/index.js'
import type { Tensor } from '../../tensor/tensor.js'
import { binaryCrossentropy, sparseCategoricalCrossentropy } from '../losses/index.js'
import { matchLabels, matchTargets, misshapen } from '../losses/loss.js'
import { meanRule } from './mean.js'
import { type Metric, type MetricContext, type MetricOptions, type MetricRule, ruledMetric } from './metric.js'

/**
 * The share of samples whose most probable class is the label. yTrue: [N] or [N, 1], whole numbers from 0 to classes − 1; yPred:
 * [N, classes], probabilities or logits. The first of several equal predictions counts.
 */
export const sparseCategoricalAccuracy = (options: MetricOptions = {}): Metric =>
  ruledMetric('sparseCategoricalAccuracy', {}, options, ({ name }) => sparse(name))

/**
 * The share of samples whose most probable class is that of the largest target. yTrue, yPred: [N, classes], yPred probabilities
 * or logits.
 */
export const categoricalAccuracy = (options: MetricOptions = {}): Metric =>
  ruledMetric('categoricalAccuracy', {}, options, ({ name }) => categorical(name))

export interface BinaryAccuracyOptions extends MetricOptions {
  /** Above what a probability counts as 1. Default 0.5. */
  threshold?: number
}

const binarySchema = { threshold: optional(checkFinite, 0.5) } satisfies Schema<BinaryAccuracyOptions, MetricOptions>

/** The share of elements where yPred is above the threshold just where yTrue is 1. yTrue, yPred: [N, …]; yPred: probabilities. */
export const binaryAccuracy = (options: BinaryAccuracyOptions = {}): Metric =>
  ruledMetric('binaryAccuracy', binarySchema, options, ({ name, threshold }) => binary(name, threshold))

/**
 * The accuracy that fits: binary for one output a sample or binaryCrossentropy, sparse categorical for labels, categorical for
 * one-hot targets. What loss and output leave open the first batch's shapes decide, as in Keras.
 */
export const accuracy = (options: MetricOptions = {}): Metric =>
  ruledMetric('accuracy', {}, options, ({ name }, context) => byContext(context, name))

function sparse(name: string): MetricRule {
  return meanRule(name, (yTrue, yPred) => {
    const { labels, rows } = matchLabels(name, yTrue, yPred)
    const matches = equal(classLabels(labels, rows.shape[1] as number, name), argMax(rows, -1))
    return reshape(matches, yPred.shape.slice(0, -1))
  })
}

function categorical(name: string): MetricRule {
  return meanRule(name, (yTrue, yPred) => {
    const targets = matchTargets(name, yTrue, yPred)
    if (yPred.rank < 2) throw misshapen(name, yTrue, yPred, 'needs [N, classes]')
    return equal(argMax(targets, -1), argMax(yPred, -1))
  })
}

function binary(name: string, threshold = 0.5): MetricRule {
  const compare = (yTrue: Tensor, yPred: Tensor): Tensor =>
    equal(matchTargets(name, yTrue, yPred), cast(greater(yPred, threshold), 'float32'))
  return meanRule(name, compare, true)
}

function byContext({ loss, outputShape }: MetricContext, name: string): MetricRule {
  const kind = loss?.of ?? loss
  if (kind === sparseCategoricalCrossentropy) return sparse(name)
  if (kind === binaryCrossentropy || outputShape?.at(-1) === 1) return binary(name)
  let rule: MetricRule | null = null
  return {
    get needsProbabilities() {
      return rule?.needsProbabilities ?? false
    },
    count(tally, yTrue, yPred) {
      rule ??= byShapes(name, yTrue, yPred)
      rule.count(tally, yTrue, yPred)
    },
    figure: (tally) => tally.mean('values'),
  }
}

function byShapes(name: string, yTrue: Tensor, yPred: Tensor): MetricRule {
  if (yPred.rank < 2 || yPred.shape.at(-1) === 1) return binary(name)
  const labels = yTrue.rank < yPred.rank || yTrue.shape.at(-1) === 1
  return labels ? sparse(name) : categorical(name)
}

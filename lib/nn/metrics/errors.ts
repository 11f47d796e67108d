import { abs, sub } from '../../ops/index.js'
import type { Tensor } from '../../tensor/tensor.js'
import { matchTargets } from '../losses/loss.js'
import { meanRule } from './mean.js'
import { type Metric, type MetricOptions, ruledMetric } from './metric.js'

/** The mean of (yTrue − yPred)² over all elements. yTrue has yPred's shape [N, …], but for a last axis of size 1. */
export const meanSquaredError = (options: MetricOptions = {}): Metric =>
  ruledMetric('meanSquaredError', {}, options, ({ name }) => ({
    needsProbabilities: true,
    count(tally, yTrue, yPred) {
      const error = difference(name, yTrue, yPred)
      tally.totals('squares').add(error, error.size, 1, error)
    },
    figure: (tally) => tally.mean('squares'),
  }))

/** The mean of |yTrue − yPred| over all elements. yTrue has yPred's shape [N, …], but for a last axis of size 1. */
export const meanAbsoluteError = (options: MetricOptions = {}): Metric =>
  ruledMetric('meanAbsoluteError', {}, options, ({ name }) =>
    meanRule(name, (yTrue, yPred) => abs(difference(name, yTrue, yPred)), true),
  )

/**
 * The coefficient of determination, 1 − Σ(yTrue − yPred)² / Σ(yTrue − mean)², for each output, averaged over the outputs. An output
 * whose targets are all equal, one sample included, has 0, as in Keras where the prediction is wrong (where it is right Keras gives
 * NaN). yTrue has yPred's shape [N, …], but for a last axis of size 1.
 */
export const r2 = (options: MetricOptions = {}): Metric =>
  ruledMetric('r2', {}, options, ({ name }) => ({
    needsProbabilities: true,
    count(tally, yTrue, yPred) {
      const y = matchTargets(name, yTrue, yPred)
      const error = difference(name, y, yPred)
      const outputs = y.size / (y.shape[0] as number)
      tally.totals('residual', outputs).add(error, 0, 1, error)
      tally.totals('moments', 3 * outputs).addMoments(y)
    },
    figure(tally) {
      const residual = tally.read('residual')?.sums ?? []
      const moments = tally.read('moments')?.sums ?? []
      const scores = Array.from(residual, (squares, i) => {
        const total = moments[3 * i + 2] ?? 0
        return total === 0 ? 0 : 1 - squares / total
      })
      return scores.length === 0 ? 0 : scores.reduce((sum, score) => sum + score, 0) / scores.length
    },
  }))

const difference = (name: string, yTrue: Tensor, yPred: Tensor): Tensor => sub(yPred, matchTargets(name, yTrue, yPred))

import { wrong } from '../../core/check.js'
import { show } from '../../core/show.js'
import { reshape } from '../../ops/index.js'
import { Tensor } from '../../tensor/tensor.js'
import { alignRanks, misshapen } from '../losses/loss.js'
import { type Metric, type MetricConfig, type MetricRule, RuledMetric } from './metric.js'

/** A figure of a batch: one value a sample or more, [N, …], or a scalar, the mean of the batch. */
export type MetricFunction = (yTrue: Tensor, yPred: Tensor) => Tensor

/**
 * The mean of a function's values over all samples: a scalar counts once for each sample of its batch.
 * @param needsProbabilities whether the function looks at more than the order of the predictions
 */
export function meanRule(name: string, values: MetricFunction, needsProbabilities = false): MetricRule {
  return {
    needsProbabilities,
    count(tally, yTrue, yPred) {
      const found = values(yTrue, yPred)
      if (!(found instanceof Tensor)) throw wrong(name, `the function must return a Tensor, got ${show(found)}`)
      const [n] = yPred.shape as [number]
      const totals = tally.totals('values')
      if (found.rank > 0 && found.shape[0] === n) totals.add(found, found.size)
      else if (found.size === 1) totals.add(reshape(found, [1]), n, n)
      else
        throw misshapen(
          name,
          yTrue,
          yPred,
          `must give a scalar or one value a sample, gave [${found.shape.join(', ')}]`,
        )
    },
    figure: (tally) => tally.mean('values'),
  }
}

/** The metric of a user's function. @param config null if it is not registered */
export const meanMetric = (name: string, values: MetricFunction, config: MetricConfig | null): Metric =>
  new RuledMetric({
    name,
    config,
    rule: () => meanRule(name, (yTrue, yPred) => values(...alignRanks(yTrue, yPred)), true),
  })

import { MyelinError } from '../../native/error.js'
import { lookUp } from '../../native/names.js'
import type { MetricContext } from './accuracy.js'
import * as metrics from './index.js'
import type { Metric } from './metric.js'

export type MetricName = keyof typeof metrics
/** A registered name, or a metric. */
export type MetricLike = MetricName | Metric

/**
 * The metric for an option, made for a model.
 * @param context what `accuracy` resolves by
 * @param where what an error message begins with
 * @throws MyelinError ERR_ARGUMENT for an unknown name
 */
export function getMetric(metric: MetricLike, context: MetricContext = {}, where = 'getMetric'): Metric {
  if (typeof metric === 'object' && metric !== null) {
    if (metric.compiles === true) return metric
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[${where}] a metric must be a name or one made by metrics.*, got another object`,
    )
  }
  if (metric === 'accuracy') return metrics.accuracy(context)
  return lookUp<MetricName, () => Metric>(metrics, metric, 'metric', where)()
}

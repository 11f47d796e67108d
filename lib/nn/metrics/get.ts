import { copyOf } from '../../core/copies.js'
import { MyelinError } from '../../core/error.js'
import { lookUp } from '../../core/names.js'
import { show } from '../../core/show.js'
import * as metrics from './index.js'
import { type MetricFunction, meanMetric } from './mean.js'
import type { Metric, MetricContext, MetricOptions } from './metric.js'

export type MetricName = keyof typeof metrics
/**
 * A registered name or Keras' short `acc`, `mse` or `mae`, under which it is then reported; a metric; or a function of tensors
 * (yTrue, yPred) → one value a sample or a scalar, whose mean over all samples is reported under the function's name (`metric` if it
 * has none).
 */
export type MetricLike = MetricName | 'acc' | 'mse' | 'mae' | Metric | MetricFunction

const aliases: Readonly<Record<'acc' | 'mse' | 'mae', MetricName>> = {
  acc: 'accuracy',
  mse: 'meanSquaredError',
  mae: 'meanAbsoluteError',
}

/**
 * The metric for an option, made for a model; a metric that was given shows what the one made came to.
 * @param context what `accuracy` resolves by
 * @param where what an error message begins with
 * @throws MyelinError ERR_ARGUMENT for an unknown name, or what is no metric
 */
export function getMetric(metric: MetricLike, context: MetricContext = {}, where = 'getMetric'): Metric {
  if (typeof metric === 'function') return fromFunction(metric, where)
  if (typeof metric !== 'object' || metric === null) {
    const make = lookUp<MetricName, (options: MetricOptions) => Metric>(metrics, metric, 'metric', where, aliases)
    return make(Object.hasOwn(aliases, metric) ? { name: metric } : {}).fork(context)
  }
  if (copyOf(metric) === null && metric.compiles === true && typeof metric.fork === 'function')
    return metric.fork(context)
  const own = (metric as { name?: unknown }).name
  const named = typeof own === 'string' ? `${show(metric)}, named ${show(own)}` : show(metric)
  throw new MyelinError(
    'ERR_ARGUMENT',
    `[${where}] a metric must be a name, one made by metrics.*, or a function (yTrue, yPred), got ${named}`,
  )
}

function fromFunction(values: MetricFunction, where: string): Metric {
  const factory = Object.entries<unknown>(metrics).find(([, made]) => made === values)?.[0]
  if (factory !== undefined)
    throw new MyelinError('ERR_ARGUMENT', `[${where}] metrics.${factory} makes a metric: give metrics.${factory}()`)
  return meanMetric(values.name === '' ? 'metric' : values.name, values)
}

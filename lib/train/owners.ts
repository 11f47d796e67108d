import { wrong } from '../core/check.js'
import type { Metric } from '../nn/metrics/metric.js'
import type { Optimizer } from '../optim/optimizer.js'

/** A model's stand-in, so that nothing keeps the model itself alive. */
export interface Owner {
  readonly name: string
}

/** An optimizer has the state of one model's weights, a metric the counts of one model: which one's each is. */
const owners = new WeakMap<object, Owner>()

/** Whose an optimizer and metrics are to be. */
export interface Owned {
  readonly optimizer: Optimizer
  readonly metricObjects: readonly Metric[]
}

/**
 * Makes an optimizer and metrics those of a model.
 * @param before what was the model's until now
 * @throws MyelinError ERR_ARGUMENT if one is another model's; nothing is changed then
 */
export function claim(owner: Owner, { optimizer, metricObjects }: Owned, before: Owned | null): void {
  refuse(owner, optimizer, `the optimizer ${optimizer.name}`, `optimizers.${optimizer.name}(…)`)
  for (const metric of metricObjects) refuse(owner, metric, `the metric "${metric.name}"`, 'metrics.…(…)')
  if (before !== null) for (const part of [before.optimizer, ...before.metricObjects]) owners.delete(part)
  for (const part of [optimizer, ...metricObjects]) owners.set(part, owner)
}

function refuse(owner: Owner, part: object, what: string, maker: string): void {
  const other = owners.get(part)
  if (other !== undefined && other !== owner)
    throw wrong('compile', `${what} is that of the model "${other.name}"; make one for each model, by ${maker}`)
}

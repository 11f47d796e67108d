import { ambient } from '../core/ambient.js'
import { MyelinError } from '../core/error.js'
import { show } from '../core/show.js'
import { add, div } from '../ops/index.js'
import { full } from '../tensor/creation.js'
import type { Parameter } from '../tensor/parameter.js'
import { Tensor } from '../tensor/tensor.js'
import { penaltyOf, type Regularizer } from './regularizers/regularizer.js'

// Additions to the loss of the targets: penalties on weights, and what layers add while they compute.

/** The losses that layers have added so far, where somebody collects it. */
const collected = ambient<Tensor[] | null>(null)

/** Runs fn and keeps what layers add to the loss meanwhile, in their order. */
export function collectLosses<T>(fn: () => T): { result: T; losses: readonly Tensor[] } {
  const losses: Tensor[] = []
  return { result: collected.run(losses, fn), losses }
}

/** Runs fn, and nothing that layers add to the loss meanwhile counts or is computed: it is shapes that are wanted. */
export const withoutLosses = <T>(fn: () => T): T => collected.run(null, fn)

/**
 * Adds a loss, if somebody collects them; only then is it computed.
 * @throws MyelinError ERR_ARGUMENT for what is no scalar
 */
export function contributeLoss(loss: Tensor | (() => Tensor), where: string): void {
  if (collected.value === null) return
  const value: unknown = typeof loss === 'function' ? loss() : loss
  if (!(value instanceof Tensor) || value.rank !== 0)
    throw new MyelinError('ERR_ARGUMENT', `[${where}] addLoss needs a scalar Tensor, got ${show(value)}`)
  collected.value.push(value)
}

/** The penalties on those weights that have a regularizer, in their order. Of a frozen layer there are none, as in Keras. */
export function weightPenalties(trainableWeights: readonly Parameter[]): Tensor[] {
  return trainableWeights.flatMap((weight) =>
    weight.regularizer === null ? [] : [penaltyOf(weight.regularizer, weight, weight.name)],
  )
}

/** The penalty on a layer's output [batch, …], divided by the size of the batch: it weighs the same whatever that is. */
export function activityPenalty(regularizer: Regularizer, output: Tensor, where: string): Tensor {
  const penalty = penaltyOf(regularizer, output, where)
  return div(penalty, Math.max(1, output.shape[0] ?? 1))
}

/** The sum of scalars, from the left; 0 of none. */
export const total = (terms: readonly Tensor[]): Tensor =>
  terms.length === 0 ? full([], 0) : terms.reduce((sum, term) => add(sum, term))

import { asGiven, optional } from '../../core/schema.js'
import { maximum, mul, neg, rsqrt, square, sum } from '../../ops/index.js'
import { normalizeAxis } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import { defineLoss, matchTargets, misshapen } from './loss.js'

export interface CosineSimilarityOptions {
  /** The axis along which the vectors lie, not the batch's. Default −1. */
  axis?: number
}

const name = 'cosineSimilarity'

/**
 * Minus the cosine of the angle between yTrue and yPred along an axis: −1 where they point the same way, 1 where the opposite way,
 * 0 where one is zero. Further axes are averaged. yTrue, yPred: [N, …] of one shape, at least rank 2.
 * @throws MyelinError ERR_SHAPE; ERR_ARGUMENT for an axis that is not there or the batch's
 */
export const cosineSimilarity = defineLoss<CosineSimilarityOptions>(
  name,
  { own: { axis: optional(asGiven<number>, -1) } },
  (yTrue, yPred, { axis }) => {
    const y = matchTargets(name, yTrue, yPred)
    const along = normalizeAxis(axis, yPred.rank, name)
    if (along === 0) throw misshapen(name, yTrue, yPred, `needs an axis after the batch's, got axis ${axis}`)
    return neg(sum(mul(unit(y, along), unit(yPred, along)), along))
  },
)

/** x over its length, which counts as 1e-7 at least: Keras' epsilon. */
const unit = (x: Tensor, axis: number): Tensor => mul(x, rsqrt(maximum(sum(square(x), axis, true), 1e-14)))

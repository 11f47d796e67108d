import { above, optional } from '../../core/schema.js'
import { clip, mul, sub } from '../../ops/index.js'
import { defineLoss, matchTargets } from './loss.js'

export interface HuberOptions {
  /** The size of error up to which the loss is quadratic, above 0. Default 1. */
  delta?: number
}

/**
 * ½e² for an error e = yPred − yTrue with |e| ≤ delta, beyond it δ·(|e| − ½δ): quadratic, then linear (Huber 1964). Averaged over
 * the axes after the batch's. yTrue has yPred's shape [N, …], but for a last axis of size 1.
 * @throws MyelinError ERR_SHAPE; ERR_ARGUMENT for a delta that is no positive number
 */
export const huber = defineLoss<HuberOptions>(
  'huber',
  { own: { delta: optional(above(0), 1) } },
  (yTrue, yPred, { delta }) => {
    const error = sub(yPred, matchTargets('huber', yTrue, yPred))
    const near = clip(error, -delta, delta)
    // Both branches in one: ½e² where e was not clipped, ±δ·(e ∓ ½δ) where it was.
    return mul(near, sub(error, mul(near, 0.5)))
  },
)

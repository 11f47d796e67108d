import { clip, div, log, mul, sum } from '../../ops/index.js'
import type { Tensor } from '../../tensor/tensor.js'
import { defineLoss, matchTargets } from './loss.js'

const name = 'kullbackLeiblerDivergence'

/**
 * Σ yTrue·log(yTrue / yPred) over the last axis, both clipped to [1e-7, 1]. yTrue, yPred: distributions, [N, classes]; further
 * axes are averaged.
 * @throws MyelinError ERR_SHAPE
 */
export const kullbackLeiblerDivergence = defineLoss(name, {}, (yTrue, yPred) => {
  const [y, p] = [bounded(matchTargets(name, yTrue, yPred)), bounded(yPred)]
  return sum(mul(y, log(div(y, p))), -1)
})

const bounded = (p: Tensor): Tensor => clip(p, 1e-7, 1)

import { add, log, mul, sub } from '../../ops/index.js'
import { defineLoss, matchTargets } from './loss.js'

/**
 * yPred − yTrue·log(yPred + 1e-7), averaged over the axes after the batch's: the negative log-likelihood of counts yTrue under
 * rates yPred ≥ 0, but for a constant. yTrue has yPred's shape [N, …], but for a last axis of size 1.
 * @throws MyelinError ERR_SHAPE
 */
export const poisson = defineLoss('poisson', {}, (yTrue, yPred) =>
  sub(yPred, mul(matchTargets('poisson', yTrue, yPred), log(add(yPred, 1e-7)))),
)

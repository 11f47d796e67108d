import { abs, add, mul, softplus, sub } from '../../ops/index.js'
import { defineLoss, matchTargets } from './loss.js'

/**
 * log(cosh(e)) of the error e = yPred − yTrue: about ½e² for small errors and |e| − log 2 for large ones, for which it does not
 * overflow. Averaged over the axes after the batch's. yTrue has yPred's shape [N, …], but for a last axis of size 1.
 * @throws MyelinError ERR_SHAPE
 */
export const logCosh = defineLoss('logCosh', {}, (yTrue, yPred) => {
  const size = abs(sub(yPred, matchTargets('logCosh', yTrue, yPred)))
  return sub(add(size, softplus(mul(size, -2))), Math.LN2)
})

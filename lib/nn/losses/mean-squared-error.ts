import { square, sub } from '../../ops/index.js'
import { defineLoss, matchTargets } from './loss.js'

/**
 * (yTrue − yPred)², averaged over the axes after the batch's. yTrue has yPred's shape [N, …], but for a last axis of size 1.
 * @throws MyelinError ERR_SHAPE
 */
export const meanSquaredError = defineLoss('meanSquaredError', {}, (yTrue, yPred) =>
  square(sub(yPred, matchTargets('meanSquaredError', yTrue, yPred))),
)

import { abs, sub } from '../../ops/index.js'
import { defineLoss, matchTargets } from './loss.js'

/**
 * |yTrue − yPred|, averaged over the axes after the batch's; its derivative at 0 is 0. yTrue has yPred's shape [N, …], but for a
 * last axis of size 1.
 * @throws MyelinError ERR_SHAPE
 */
export const meanAbsoluteError = defineLoss('meanAbsoluteError', {}, (yTrue, yPred) =>
  abs(sub(yPred, matchTargets('meanAbsoluteError', yTrue, yPred))),
)

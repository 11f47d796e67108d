import { equal, mul, relu, square, sub, where } from '../../ops/index.js'
import type { Tensor } from '../../tensor/tensor.js'
import { defineLoss, matchTargets } from './loss.js'

/**
 * max(0, 1 − yTrue·yPred), averaged over the axes after the batch's; its derivative at the kink is 0. yTrue: −1 or 1, or 0 (which
 * counts as −1) or 1, of yPred's shape [N, …], but for a last axis of size 1.
 * @throws MyelinError ERR_SHAPE
 */
export const hinge = defineLoss('hinge', {}, (yTrue, yPred) => margin('hinge', yTrue, yPred))

/** The square of {@link hinge}, element by element: max(0, 1 − yTrue·yPred)². @throws MyelinError ERR_SHAPE */
export const squaredHinge = defineLoss('squaredHinge', {}, (yTrue, yPred) =>
  square(margin('squaredHinge', yTrue, yPred)),
)

function margin(name: string, yTrue: Tensor, yPred: Tensor): Tensor {
  const y = matchTargets(name, yTrue, yPred)
  return relu(sub(1, mul(where(equal(y, 0), -1, y), yPred)))
}

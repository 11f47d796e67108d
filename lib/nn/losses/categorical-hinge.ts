import { add, max, mul, relu, sub, sum } from '../../ops/index.js'
import { defineLoss, matchTargets } from './loss.js'

const name = 'categoricalHinge'

/**
 * max(0, 1 + largest − right) with right = Σ yTrue·yPred and largest = max (1 − yTrue)·yPred over the classes; its derivative at
 * the kink is 0, and classes that tie share it. yTrue: one-hot, yPred: scores, both [N, classes]; further axes are averaged.
 * @throws MyelinError ERR_SHAPE
 */
export const categoricalHinge = defineLoss(name, {}, (yTrue, yPred) => {
  const y = matchTargets(name, yTrue, yPred)
  const [right, largest] = [sum(mul(y, yPred), -1), max(mul(sub(1, y), yPred), -1)]
  return relu(add(sub(largest, right), 1))
})

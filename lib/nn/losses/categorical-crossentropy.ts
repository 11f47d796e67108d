import { add, log, mul, neg, softmaxCrossEntropy, sum } from '../../ops/index.js'
import type { Tensor } from '../../tensor/tensor.js'
import { defineLoss, matchTargets } from './loss.js'
import { normalizeProbabilities } from './probabilities.js'

const name = 'categoricalCrossentropy'

/**
 * −Σ target·log(probability) over the classes.
 * yTrue: [N, classes], the probability of each, usually one-hot; with labelSmoothing s it becomes (1 − s)·yTrue + s/classes.
 * yPred: [N, classes], probabilities (divided by their sum and clipped to [1e-7, 1 − 1e-7]), or with `fromLogits` logits.
 * Further axes after N are averaged.
 * @throws MyelinError ERR_SHAPE
 */
export const categoricalCrossentropy = defineLoss(
  name,
  { fromLogits: 'softmax', labelSmoothing: true },
  (yTrue, yPred, { fromLogits, labelSmoothing }) => {
    const targets = smooth(matchTargets(name, yTrue, yPred), labelSmoothing)
    return fromLogits
      ? softmaxCrossEntropy(yPred, targets)
      : neg(sum(mul(targets, log(normalizeProbabilities(yPred))), -1))
  },
)

function smooth(targets: Tensor, share: number): Tensor {
  return share === 0 ? targets : add(mul(targets, 1 - share), share / (targets.shape.at(-1) as number))
}

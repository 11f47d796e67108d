import { log, mul, neg, reshape, sparseSoftmaxCrossEntropy, sum } from '../../ops/index.js'
import { oneHotLabels } from '../../ops/indexing.js'
import { defineLoss, matchLabels } from './loss.js'
import { normalizeProbabilities } from './probabilities.js'

const name = 'sparseCategoricalCrossentropy'
const oneHot = oneHotLabels(name)

/**
 * −log of the probability that yPred gives the right class.
 * yTrue: labels [N] or [N, 1] of any dtype, whole numbers from 0 to classes − 1. yPred: [N, classes], probabilities (divided by
 * their sum and clipped to [1e-7, 1 − 1e-7]), or with `fromLogits` logits. Further axes after N are averaged.
 * @throws MyelinError ERR_ARGUMENT for a label that is no class; ERR_SHAPE
 */
export const sparseCategoricalCrossentropy = defineLoss(
  name,
  { fromLogits: 'softmax' },
  (yTrue, yPred, { fromLogits }) => {
    const { labels, rows } = matchLabels(name, yTrue, yPred)
    const classes = rows.shape[1] as number
    const losses = fromLogits
      ? sparseSoftmaxCrossEntropy(rows, labels)
      : neg(sum(mul(oneHot(labels, classes), log(normalizeProbabilities(rows))), -1))
    return yPred.rank === 2 ? losses : reshape(losses, yPred.shape.slice(0, -1))
  },
)

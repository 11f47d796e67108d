import { MyelinError } from '../../native/error.js'
import { log, mul, neg, oneHot, reshape, sparseSoftmaxCrossEntropy, sum } from '../../ops/index.js'
import type { Tensor } from '../../tensor/tensor.js'
import { defineLoss, matchLabels } from './loss.js'
import { normalizeProbabilities } from './probabilities.js'

const name = 'sparseCategoricalCrossentropy'

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
    const losses = withLabelCheck(labels, classes, () =>
      fromLogits
        ? sparseSoftmaxCrossEntropy(rows, labels)
        : neg(sum(mul(oneHot(labels, classes), log(normalizeProbabilities(rows))), -1)),
    )
    return yPred.rank === 2 ? losses : reshape(losses, yPred.shape.slice(0, -1))
  },
)

/** The native ops refuse a wrong label; which one it is, is looked up only then. */
function withLabelCheck(labels: Tensor, classes: number, compute: () => Tensor): Tensor {
  try {
    return compute()
  } catch (error) {
    if (!(error instanceof MyelinError) || error.code !== 'ERR_ARGUMENT') throw error
    const values = labels.data()
    const position = values.findIndex((label: number) => !(Number.isInteger(label) && label >= 0 && label < classes))
    if (position < 0) throw error
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[${name}] label ${values[position]} of sample ${position} is no class: with ${classes} classes labels are whole numbers ` +
        `from 0 to ${classes - 1}. Are there enough units in the last layer?`,
      { cause: error },
    )
  }
}

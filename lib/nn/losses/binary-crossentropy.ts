import { add, equal, log, log1p, mul, neg, softplus, sub, where } from '../../ops/index.js'
import type { Tensor } from '../../tensor/tensor.js'
import { defineLoss, matchTargets } from './loss.js'
import { clipProbabilities } from './probabilities.js'

const name = 'binaryCrossentropy'

/**
 * −y·log(p) − (1 − y)·log(1 − p), averaged over the axes after the batch's.
 * yTrue: 0 or 1 (or between), [N, …]; with labelSmoothing s it becomes (1 − s)·yTrue + s/2. yPred: of the same shape (but for
 * a last axis of size 1), probabilities (clipped to [1e-7, 1 − 1e-7]), or with `fromLogits` logits.
 * @throws MyelinError ERR_SHAPE
 */
export const binaryCrossentropy = defineLoss(
  name,
  { fromLogits: 'sigmoid', labelSmoothing: true },
  (yTrue, yPred, { fromLogits, labelSmoothing }) => {
    const y = smooth(matchTargets(name, yTrue, yPred), labelSmoothing)
    // With logits log(p) is −softplus(−z) and log(1 − p) is −softplus(z): exact for large z, where max(z, 0) − z·y + …
    // cancels, and with the right gradient at z = 0, where max and |z| have kinks.
    const [minusLogP, minusLogQ] = fromLogits
      ? [softplus(neg(yPred)), softplus(yPred)]
      : negativeLogs(clipProbabilities(yPred))
    return add(expected(y, minusLogP), expected(sub(1, y), minusLogQ))
  },
)

/** share·cost, and 0 where nothing asks for what may cost ∞. */
const expected = (share: Tensor, cost: Tensor): Tensor => where(equal(share, 0), 0, mul(share, cost))

const negativeLogs = (p: Tensor): [Tensor, Tensor] => [neg(log(p)), neg(log1p(neg(p)))]

function smooth(targets: Tensor, share: number): Tensor {
  return share === 0 ? targets : add(mul(targets, 1 - share), share / 2)
}

import { customOp } from '../../autodiff/custom-op.js'
import { abs, add, expm1, log1p, mul, sub, tanh } from '../../ops/index.js'
import type { Tensor } from '../../tensor/tensor.js'
import { defineLoss, matchTargets } from './loss.js'

/**
 * log(cosh(e)) of the error e = yPred − yTrue: about ½e² for small errors and |e| − log 2 for large ones, for which it does not
 * overflow; the derivative is tanh(e). Averaged over the axes after the batch's. yTrue has yPred's shape [N, …], but for a last axis
 * of size 1.
 * @throws MyelinError ERR_SHAPE
 */
export const logCosh = defineLoss('logCosh', {}, (yTrue, yPred) =>
  logOfCosh(sub(yPred, matchTargets('logCosh', yTrue, yPred))),
)

/**
 * |e| + log1p(½·expm1(−2|e|)): good to 1e-7·|e| near 0, where |e| + softplus(−2|e|) − log 2 is to 1e-7 only and can be negative.
 * Its derivative is written as tanh, which keeps what a derivative of that form would cancel there.
 */
const logOfCosh = customOp({
  name: 'logCosh',
  forward(e: Tensor) {
    const size = abs(e)
    return add(size, log1p(mul(expm1(mul(size, -2)), 0.5)))
  },
  backward: (dy, { inputs: [e] }) => mul(dy, tanh(e)),
})

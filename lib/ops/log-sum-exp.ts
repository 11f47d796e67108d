import { noGrad } from '../autodiff/tape.js'
import type { Tensor } from '../tensor/tensor.js'
import { abs } from './abs.js'
import { add } from './add.js'
import { toFloat } from './cast.js'
import { equal } from './compare.js'
import { exp } from './exp.js'
import { max } from './extrema.js'
import { log } from './log.js'
import { checkReduction, refuseNothing } from './reduction.js'
import { reshape } from './reshape.js'
import { sub } from './sub.js'
import { sum } from './sum.js'
import { where } from './where.js'

/** log Σ eˣ over one axis, several, or (default) all, without overflow: the maximum is taken out first. */
export function logSumExp(x: Tensor, axis?: number | readonly number[], keepDims = false): Tensor {
  const axes = checkReduction(x, axis, keepDims, 'logSumExp')
  refuseNothing('logSumExp', x, axes)
  const input = toFloat(x)
  // The maximum is a constant to the gradient, which it does not change. An infinite one stays in the sum.
  const top = noGrad(() => {
    const largest = max(input, axes, true)
    return where(equal(abs(largest), Infinity), 0, largest)
  })
  const total = sum(exp(sub(input, top)), axes, keepDims)
  return add(log(total), reshape(top, total.shape))
}

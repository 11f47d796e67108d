import { checkFlag } from '../native/check.js'
import { normalizeAxes } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { cast, toArithmetic } from './cast.js'
import { equal } from './compare.js'
import { checkTensor } from './define.js'
import { div } from './div.js'
import { mul } from './mul.js'
import { reduceAxes, reduction } from './reduction.js'
import { reshape } from './reshape.js'
import { spread, sum } from './sum.js'
import { where } from './where.js'

const prodOp = reduction('prod', {
  gradient({ inputs: [input], attrs: { outer, n, inner, kept } }, [dy]) {
    // The product of the others: where one element is 0 it is not p / x, and where two are, it is 0.
    const x = input as Tensor
    const cube = reshape(x, [outer, n, inner])
    const isZero = equal(cube, 0)
    const nonzero = where(isZero, 1, cube)
    const product = prod(nonzero, 1, true)
    const zeros = sum(cast(isZero, 'float32'), 1, true)
    const only = where(equal(zeros, 1), where(isZero, product, 0), 0)
    const others = where(equal(zeros, 0), div(product, nonzero), only)
    return [mul(spread(dy as Tensor, kept, x.shape), reshape(others, x.shape))]
  },
})

/** The product over one axis, several, or (default) all; 1 of nothing. float32, or int32 for whole numbers (which wraps). */
export function prod(x: Tensor, axis?: number | readonly number[], keepDims = false): Tensor {
  const input = toArithmetic(checkTensor(x, 'prod'))
  checkFlag('prod', 'keepDims', keepDims)
  return reduceAxes(prodOp, input, normalizeAxes(axis, input.rank, 'prod'), keepDims)
}

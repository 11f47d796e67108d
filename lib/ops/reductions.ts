import { noGrad } from '../autodiff/tape.js'
import { checkFlag } from '../core/check.js'
import { normalizeAxis } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { abs, add, div, mul, sub } from './arithmetic.js'
import { equal, where } from './comparison.js'
import { throughComposition } from './composition.js'
import { checkTensor } from './define.js'
import { cast, pad, reshape, split, toArithmetic, toFloat } from './movement.js'
import { exp, log, square } from './powers.js'
import { checkReduction, type Reduction, reduceAxes, reduction, refuseNothing, spread, sum } from './sum.js'

export type Axes = number | readonly number[]

/** The mean over one axis, several, or (default) all, in float32; NaN of nothing. */
export function mean(x: Tensor, axis?: Axes, keepDims = false): Tensor {
  return average(x, axis, keepDims, 'mean')
}

/**
 * The mean squared distance from the mean, over one axis, several, or (default) all, in float32. Divides by n, as NumPy and
 * Keras do. Two passes, so that a mean far larger than the spread costs no precision.
 */
export function variance(x: Tensor, axis?: Axes, keepDims = false): Tensor {
  checkReduction(x, axis, keepDims, 'variance')
  const input = toFloat(x)
  return average(square(sub(input, average(input, axis, true, 'variance'))), axis, keepDims, 'variance')
}

function average(x: Tensor, axis: Axes | undefined, keepDims: boolean, op: string): Tensor {
  const axes = checkReduction(x, axis, keepDims, op)
  return div(
    sum(toFloat(x), axes, keepDims),
    axes.reduce((n, a) => n * (x.shape[a] as number), 1),
  )
}

/** Elements that tie for the extreme share its gradient equally. */
function shared(dy: Tensor, x: Tensor, y: Tensor, { outer, n, inner, kept }: Reduction): Tensor {
  const ties = reshape(cast(equal(x, spread(y, kept, x.shape)), 'float32'), [outer, n, inner])
  const share = div(ties, sum(ties, 1, true))
  return mul(spread(dy, kept, x.shape), reshape(share, x.shape))
}

const maxOp = reduction('max', { gradient: shared, saves: 'both' })
const minOp = reduction('min', { gradient: shared, saves: 'both' })

/** The largest element over one axis, several, or (default) all; NaN if there is one. Not of nothing (ERR_SHAPE). */
export const max = extreme('max', maxOp)

/** The smallest element over one axis, several, or (default) all; NaN if there is one. Not of nothing (ERR_SHAPE). */
export const min = extreme('min', minOp)

function extreme(name: string, op: typeof maxOp) {
  return (x: Tensor, axis?: number | readonly number[], keepDims = false): Tensor => {
    const axes = checkReduction(x, axis, keepDims, name)
    refuseNothing(name, x, axes)
    return reduceAxes(op, toArithmetic(x), axes, keepDims)
  }
}

/** The position of the largest element along an axis (default: in all, flattened), the first of several; int32, no gradient. */
export const argMax = position('argMax')

/** The position of the smallest element along an axis (default: in all, flattened), the first of several; int32, no gradient. */
export const argMin = position('argMin')

function position(name: string) {
  const op = reduction(name, { dtype: 'int32' })
  return (x: Tensor, axis?: number, keepDims = false): Tensor => {
    checkTensor(x, name)
    const axes = axis === undefined ? x.shape.map((_, i) => i) : [normalizeAxis(axis, x.rank, name)]
    checkFlag(name, 'keepDims', keepDims)
    refuseNothing(name, x, axes)
    const input = toArithmetic(x)
    if (axis !== undefined) return reduceAxes(op, input, axes, keepDims)
    const all = reduceAxes(op, reshape(input, [input.size]), [0], false)
    return keepDims
      ? reshape(
          all,
          input.shape.map(() => 1),
        )
      : all
  }
}

const prodOp = reduction('prod', {
  // The product of the others, of any order: without a division, which zeros would need exceptions from.
  gradient: (dy, x, _, attrs) => throughComposition([x], [dy], (x) => [inPairs(x, attrs)])[0],
})

/** The product by multiplications of halves. */
function inPairs(x: Tensor, { outer, n, inner, shape }: Reduction): Tensor {
  let size = 1
  while (size < n) size *= 2
  const ones = [0, size - n] as const
  let factors = pad(reshape(x, [outer, n, inner]), [[0, 0], ones, [0, 0]], 1)
  for (; size > 1; size /= 2) {
    const [first, second] = split(factors, 2, 1) as [Tensor, Tensor]
    factors = mul(first, second)
  }
  return reshape(factors, shape)
}

/**
 * The product over one axis, several, or (default) all; 1 of nothing. float32; of whole numbers int32, and exact.
 * @throws MyelinError ERR_ARGUMENT for a product of whole numbers beyond int32; cast them to float32 before
 */
export function prod(x: Tensor, axis?: number | readonly number[], keepDims = false): Tensor {
  return reduceAxes(prodOp, x, checkReduction(x, axis, keepDims, 'prod'), keepDims)
}

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

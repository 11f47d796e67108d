import { call } from '../tensor/recorder.js'
import { freeOnFailure } from '../tensor/scope.js'
import { broadcastShapes } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { broadcastsRows, checkTensor, defineOp, type TensorLike, toTensor } from './define.js'
import { comparison } from './elementwise.js'
import { cast, toArithmetic, toFloat } from './movement.js'
import { sumTo } from './sum.js'

// Comparisons of pairs of elements, with broadcasting: bool, without gradient. A NaN is unequal to everything.

/** Whether a = b, element by element, with broadcasting: bool, no gradient. */
export const equal = comparison('equal')

/** Whether a ≠ b, element by element, with broadcasting: bool, no gradient. */
export const notEqual = comparison('notEqual')

/** Whether a > b, element by element, with broadcasting: bool, no gradient. */
export const greater = comparison('greater')

/** Whether a ≥ b, element by element, with broadcasting: bool, no gradient. */
export const greaterEqual = comparison('greaterEqual')

/** Whether a < b, element by element, with broadcasting: bool, no gradient. */
export const less = comparison('less')

/** Whether a ≤ b, element by element, with broadcasting: bool, no gradient. */
export const lessEqual = comparison('lessEqual')

const whereOp = defineOp<undefined, [condition: Tensor, a: Tensor, b: Tensor]>('where', {
  infer: ([condition, a, b]) => {
    const shape = broadcastShapes(broadcastShapes(a.shape, b.shape, 'where'), condition.shape, 'where')
    return [{ shape, dtype: a.dtype }]
  },
  rowWise: broadcastsRows,
  gradient: ({ inputs: [condition, a, b] }, [dy]) => [
    null,
    a.requiresGrad ? sumTo(where(condition, dy, 0), a.shape) : null,
    b.requiresGrad ? sumTo(where(condition, 0, dy), b.shape) : null,
  ],
})

/**
 * a where the condition holds, else b, with broadcasting over all three.
 * @param condition bool; numbers count as x ≠ 0
 */
export function where(condition: Tensor, a: TensorLike, b: TensorLike): Tensor {
  return freeOnFailure(() => choose(cast(checkTensor(condition, 'where', 'condition'), 'bool'), a, b))
}

function choose(c: Tensor, a: TensorLike, b: TensorLike): Tensor {
  const x = toTensor(a, 'where', 'a', typeof b === 'number' ? undefined : b?.dtype)
  const y = toTensor(b, 'where', 'b', x.dtype)
  if (x.dtype === y.dtype) return call(whereOp, [c, x, y], undefined)
  const scalar = typeof a === 'number' || typeof b === 'number'
  const both = scalar && x.dtype !== 'float32' && y.dtype !== 'float32' ? toArithmetic : toFloat
  return call(whereOp, [c, both(x), both(y)], undefined)
}

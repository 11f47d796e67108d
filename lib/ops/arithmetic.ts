import { installGradientOps } from '../autodiff/backward.js'
import { identityOp } from '../autodiff/identity.js'
import { MyelinError } from '../core/error.js'
import { show } from '../core/show.js'
import { zeros } from '../tensor/creation.js'
import { call } from '../tensor/recorder.js'
import type { Tensor } from '../tensor/tensor.js'
import { equal, greater, greaterEqual, less, lessEqual } from './comparison.js'
import type { TensorLike } from './define.js'
import { binary, unary, unaryWith } from './elementwise.js'
import { cast } from './movement.js'

/** a + b, with broadcasting. float32 or int32 (which wraps). */
export const add = binary('add', { integers: true, gradient: { a: (dy) => dy, b: (dy) => dy }, saves: 'none' })

installGradientOps({ add, identity: (x) => call(identityOp, [x], undefined) })

/** a − b, with broadcasting. float32 or int32 (which wraps). */
export const sub = binary('sub', { integers: true, gradient: { a: (dy) => dy, b: (dy) => neg(dy) }, saves: 'none' })

/** a · b element by element, with broadcasting. float32 or int32 (which wraps). */
export const mul: (a: TensorLike, b: TensorLike) => Tensor = binary('mul', {
  integers: true,
  gradient: { a: (dy, _, b) => mul(dy, b), b: (dy, a) => mul(dy, a) },
})

/** a / b element by element, with broadcasting, in float32: x / 0 is ±∞, 0 / 0 NaN. */
export const div: (a: TensorLike, b: TensorLike) => Tensor = binary('div', {
  gradient: { a: (dy, _, b) => div(dy, b), b: (dy, _, b, y) => neg(mul(div(dy, b), y)) },
  saves: 'both',
})

/** −x. float32 or int32. */
export const neg: (x: Tensor) => Tensor = unary('neg', { integers: true, gradient: (dy) => neg(dy), saves: 'none' })

/** |x|. float32 or int32. The derivative at 0 is 0. */
export const abs = unary('abs', { integers: true, gradient: (dy, x) => mul(dy, sign(x)) })

/** −1, 0 or 1; NaN stays. float32 or int32. The derivative is 0 everywhere. */
export const sign = unary('sign', { integers: true, gradient: (_, x) => zeros(x.shape), saves: 'none' })

/** The larger of a and b element by element, with broadcasting; NaN if either is. Where they tie, each gets half the gradient. */
export const maximum = binary('maximum', {
  integers: true,
  gradient: {
    a: (dy, a, b) => mul(dy, share(greater, a, b)),
    b: (dy, a, b) => mul(dy, share(greater, b, a)),
  },
})

/** The smaller of a and b element by element, with broadcasting; NaN if either is. Where they tie, each gets half the gradient. */
export const minimum = binary('minimum', {
  integers: true,
  gradient: {
    a: (dy, a, b) => mul(dy, share(less, a, b)),
    b: (dy, a, b) => mul(dy, share(less, b, a)),
  },
})

/** 1 where an operand wins over the other, ½ where they tie, else 0. */
const share = (wins: typeof greater, operand: Tensor, other: Tensor): Tensor =>
  add(cast(wins(operand, other), 'float32'), mul(cast(equal(operand, other), 'float32'), 0.5))

const clipped = unaryWith('clip', {
  gradient: (dy, x, _, [min = 0, max = 0]) =>
    mul(dy, mul(cast(greaterEqual(x, min), 'float32'), cast(lessEqual(x, max), 'float32'))),
})

/** x where it lies in [min, max], else the nearer bound; NaN stays. The derivative is 1 inside, bounds included, and 0 outside. */
export function clip(x: Tensor, min: number, max: number): Tensor {
  if (typeof min !== 'number' || typeof max !== 'number' || !(min <= max))
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[clip] min and max must be numbers, min ≤ max (−Infinity, Infinity: no bound), got ${show(min)}, ${show(max)}`,
    )
  return clipped(x, [min, max])
}

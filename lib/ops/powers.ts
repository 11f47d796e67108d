import type { Tensor } from '../tensor/tensor.js'
import { add, div, mul, neg, sub } from './arithmetic.js'
import { equal, greaterEqual, where } from './comparison.js'
import type { TensorLike } from './define.js'
import { binary, unary } from './elementwise.js'

/** x². float32 or int32 (which wraps). */
export const square = unary('square', { integers: true, gradient: (dy, x) => mul(dy, mul(x, 2)) })

/** The square root; NaN below 0. */
export const sqrt = unary('sqrt', { gradient: (dy, _, y) => div(mul(dy, 0.5), y), saves: 'outputs' })

/** 1 / √x, by IEEE division and root. */
export const rsqrt = unary('rsqrt', { gradient: (dy, _, y) => mul(mul(dy, -0.5), mul(y, mul(y, y))), saves: 'outputs' })

/** 1 / x. */
export const reciprocal = unary('reciprocal', { gradient: (dy, _, y) => neg(mul(dy, mul(y, y))), saves: 'outputs' })

/**
 * a to the power b, with broadcasting, in float32. A negative a has a real power only for whole b, else NaN.
 * The gradient in a is 0 where b is 0, that in b is 0 where a is 0 and b is not negative.
 */
export const pow: (a: TensorLike, b: TensorLike) => Tensor = binary('pow', {
  gradient: {
    // Where 0 would be multiplied by ∞, by any base but 0 the product is 0, and so are its own derivatives: a 1 takes the base's
    // place before, not a 0 the product's place after.
    a: (dy, a, b) => mul(dy, mul(b, pow(withoutZeros(a, equal(b, 0)), sub(b, 1)))),
    b: (dy, a, b, y) => mul(dy, mul(y, log(withoutZeros(a, greaterEqual(b, 0))))),
  },
  saves: 'both',
})

/** a with 1 in the place of the zeros that the condition names; nothing equals the NaN of the others. */
const withoutZeros = (a: Tensor, condition: Tensor): Tensor => where(equal(a, where(condition, 0, Number.NaN)), 1, a)

/** eˣ. At most 1.5 ulp. */
export const exp = unary('exp', { gradient: (dy, _, y) => mul(dy, y), saves: 'outputs' })

/** eˣ − 1, accurate near 0. */
export const expm1 = unary('expm1', { gradient: (dy, _, y) => mul(dy, add(y, 1)), saves: 'outputs' })

/** The natural logarithm; −∞ at 0, NaN below. */
export const log = unary('log', { gradient: (dy, x) => div(dy, x) })

/** log(1 + x), accurate near 0; −∞ at −1, NaN below. */
export const log1p = unary('log1p', { gradient: (dy, x) => div(dy, add(x, 1)) })

/** The error function, 2/√π ∫₀ˣ e^(−t²) dt. At most 1.5 ulp. */
export const erf = unary('erf', { gradient: (dy, x) => mul(dy, mul(exp(neg(mul(x, x))), 2 / Math.sqrt(Math.PI))) })

/** The sine of x in radians. */
export const sin: (x: Tensor) => Tensor = unary('sin', { gradient: (dy, x) => mul(dy, cos(x)) })

/** The cosine of x in radians. */
export const cos: (x: Tensor) => Tensor = unary('cos', { gradient: (dy, x) => neg(mul(dy, sin(x))) })

/** The arctangent in radians, in [−π/2, π/2]. At most 1.5 ulp. */
export const atan = unary('atan', { gradient: (dy, x) => div(dy, add(mul(x, x), 1)) })

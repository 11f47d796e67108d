import type { Tensor } from '../tensor/tensor.js'
import { add, div, mul, neg, sub } from './arithmetic.js'
import { equal, greaterEqual, where } from './comparison.js'
import type { TensorLike } from './define.js'
import { binary, unary } from './elementwise.js'
import { sumTo } from './sum.js'

/** x². float32 or int32 (which wraps). */
export const square = unary('square', {
  integers: true,
  gradient: ({ inputs: [x] }, [dy]) => [mul(dy as Tensor, mul(x as Tensor, 2))],
})

/** The square root; NaN below 0. */
export const sqrt = unary('sqrt', {
  gradient: ({ outputs: [y] }, [dy]) => [div(mul(dy as Tensor, 0.5), y as Tensor)],
  saves: 'outputs',
})

/** 1 / √x, by IEEE division and root. */
export const rsqrt = unary('rsqrt', {
  gradient: ({ outputs: [y] }, [dy]) => [mul(mul(dy as Tensor, -0.5), mul(y as Tensor, mul(y as Tensor, y as Tensor)))],
  saves: 'outputs',
})

/** 1 / x. */
export const reciprocal = unary('reciprocal', {
  gradient: ({ outputs: [y] }, [dy]) => [neg(mul(dy as Tensor, mul(y as Tensor, y as Tensor)))],
  saves: 'outputs',
})

/**
 * a to the power b, with broadcasting, in float32. A negative a has a real power only for whole b, else NaN.
 * The gradient in a is 0 where b is 0, that in b is 0 where a is 0 and b is not negative.
 */
export const pow: (a: TensorLike, b: TensorLike) => Tensor = binary('pow', {
  gradient: ({ inputs, outputs: [y] }, [dy]) => {
    const [a, b] = inputs as [Tensor, Tensor]
    return [
      a.requiresGrad ? sumTo(mul(dy as Tensor, slopeInBase(a, b)), a.shape) : null,
      b.requiresGrad ? sumTo(mul(dy as Tensor, slopeInExponent(a, b, y as Tensor)), b.shape) : null,
    ]
  },
  saves: 'both',
})

// Where 0 would be multiplied by ∞, by any base but 0 the product is 0, and so are its own derivatives: a 1 takes the base's place
// before, not a 0 the product's place after.

/** b·a^(b − 1), where a = b = 0 would be 0·∞. */
function slopeInBase(a: Tensor, b: Tensor): Tensor {
  return mul(b, pow(withoutZeros(a, equal(b, 0)), sub(b, 1)))
}

/** y·log(a), where a = 0 ≤ b would be 0·(−∞). */
function slopeInExponent(a: Tensor, b: Tensor, y: Tensor): Tensor {
  return mul(y, log(withoutZeros(a, greaterEqual(b, 0))))
}

/** a with 1 in the place of the zeros that the condition names; nothing equals the NaN of the others. */
const withoutZeros = (a: Tensor, condition: Tensor): Tensor => where(equal(a, where(condition, 0, Number.NaN)), 1, a)

/** eˣ. At most 1.5 ulp. */
export const exp = unary('exp', {
  gradient: ({ outputs: [y] }, [dy]) => [mul(dy as Tensor, y as Tensor)],
  saves: 'outputs',
})

/** eˣ − 1, accurate near 0. */
export const expm1 = unary('expm1', {
  gradient: ({ outputs: [y] }, [dy]) => [mul(dy as Tensor, add(y as Tensor, 1))],
  saves: 'outputs',
})

/** The natural logarithm; −∞ at 0, NaN below. */
export const log = unary('log', {
  gradient: ({ inputs: [x] }, [dy]) => [div(dy as Tensor, x as Tensor)],
  saves: 'inputs',
})

/** log(1 + x), accurate near 0; −∞ at −1, NaN below. */
export const log1p = unary('log1p', {
  gradient: ({ inputs: [x] }, [dy]) => [div(dy as Tensor, add(x as Tensor, 1))],
  saves: 'inputs',
})

/** The error function, 2/√π ∫₀ˣ e^(−t²) dt. At most 1.5 ulp. */
export const erf = unary('erf', {
  gradient: ({ inputs: [x] }, [dy]) => [
    mul(dy as Tensor, mul(exp(neg(mul(x as Tensor, x as Tensor))), 2 / Math.sqrt(Math.PI))),
  ],
  saves: 'inputs',
})

/** The sine of x in radians. */
export const sin: (x: Tensor) => Tensor = unary('sin', {
  gradient: ({ inputs: [x] }, [dy]) => [mul(dy as Tensor, cos(x as Tensor))],
})

/** The cosine of x in radians. */
export const cos: (x: Tensor) => Tensor = unary('cos', {
  gradient: ({ inputs: [x] }, [dy]) => [neg(mul(dy as Tensor, sin(x as Tensor)))],
})

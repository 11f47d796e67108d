import type { Tensor } from '../tensor/tensor.js'
import { equal, greaterEqual } from './compare.js'
import type { TensorLike } from './define.js'
import { binary } from './elementwise.js'
import { log } from './log.js'
import { mul } from './mul.js'
import { sub } from './sub.js'
import { sumTo } from './sum.js'
import { where } from './where.js'

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

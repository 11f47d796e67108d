import type { Tensor } from '../tensor/tensor.js'
import { cast } from './cast.js'
import { equal, greaterEqual, notEqual } from './compare.js'
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

function slopeInBase(a: Tensor, b: Tensor): Tensor {
  return where(notEqual(b, 0), mul(b, pow(a, sub(b, 1))), 0)
}

// y·log(a), where a = 0 < b would be 0·(−∞).
function slopeInExponent(a: Tensor, b: Tensor, y: Tensor): Tensor {
  const vanishes = mul(cast(equal(a, 0), 'float32'), cast(greaterEqual(b, 0), 'float32'))
  return mul(y, log(where(vanishes, 1, a)))
}

import { installGradientOps } from '../autodiff/backward.js'
import { identityOp } from '../autodiff/identity.js'
import { MyelinError } from '../core/error.js'
import { show } from '../core/show.js'
import { zeros } from '../tensor/creation.js'
import type { Tensor } from '../tensor/tensor.js'
import { equal, greater, greaterEqual, less, lessEqual } from './comparison.js'
import { call, type TensorLike } from './define.js'
import { binary, unary, unaryWith } from './elementwise.js'
import { cast } from './movement.js'
import { sumTo } from './sum.js'

/** a + b, with broadcasting. float32 or int32 (which wraps). */
export const add = binary('add', {
  integers: true,
  gradient: ({ inputs: [a, b] }, [dy]) => [
    (a as Tensor).requiresGrad ? sumTo(dy as Tensor, (a as Tensor).shape) : null,
    (b as Tensor).requiresGrad ? sumTo(dy as Tensor, (b as Tensor).shape) : null,
  ],
  saves: 'none',
})

installGradientOps({ add, identity: (x) => call(identityOp, [x], undefined) })

/** a − b, with broadcasting. float32 or int32 (which wraps). */
export const sub = binary('sub', {
  integers: true,
  gradient: ({ inputs: [a, b] }, [dy]) => [
    (a as Tensor).requiresGrad ? sumTo(dy as Tensor, (a as Tensor).shape) : null,
    (b as Tensor).requiresGrad ? sumTo(neg(dy as Tensor), (b as Tensor).shape) : null,
  ],
  saves: 'none',
})

/** a · b element by element, with broadcasting. float32 or int32 (which wraps). */
export const mul: (a: TensorLike, b: TensorLike) => Tensor = binary('mul', {
  integers: true,
  gradient: ({ inputs: [a, b] }, [dy]) => [
    (a as Tensor).requiresGrad ? sumTo(mul(dy as Tensor, b as Tensor), (a as Tensor).shape) : null,
    (b as Tensor).requiresGrad ? sumTo(mul(dy as Tensor, a as Tensor), (b as Tensor).shape) : null,
  ],
})

/** a / b element by element, with broadcasting, in float32: x / 0 is ±∞, 0 / 0 NaN. */
export const div: (a: TensorLike, b: TensorLike) => Tensor = binary('div', {
  gradient: ({ inputs: [a, b], outputs: [y] }, [dy]) => [
    (a as Tensor).requiresGrad ? sumTo(div(dy as Tensor, b as Tensor), (a as Tensor).shape) : null,
    (b as Tensor).requiresGrad
      ? sumTo(neg(mul(div(dy as Tensor, b as Tensor), y as Tensor)), (b as Tensor).shape)
      : null,
  ],
  saves: 'both',
})

/** −x. float32 or int32. */
export const neg: (x: Tensor) => Tensor = unary('neg', {
  integers: true,
  gradient: (_, [dy]) => [neg(dy as Tensor)],
  saves: 'none',
})

/** |x|. float32 or int32. The derivative at 0 is 0. */
export const abs = unary('abs', {
  integers: true,
  gradient: ({ inputs: [x] }, [dy]) => [mul(dy as Tensor, sign(x as Tensor))],
})

/** −1, 0 or 1; NaN stays. float32 or int32. The derivative is 0 everywhere. */
export const sign = unary('sign', {
  integers: true,
  gradient: ({ inputs: [x] }) => [zeros((x as Tensor).shape)],
  saves: 'none',
})

/** The larger of a and b element by element, with broadcasting; NaN if either is. Where they tie, each gets half the gradient. */
export const maximum = binary('maximum', {
  integers: true,
  gradient: ({ inputs }, [dy]) => split(greater, inputs as [Tensor, Tensor], dy as Tensor),
})

/** The smaller of a and b element by element, with broadcasting; NaN if either is. Where they tie, each gets half the gradient. */
export const minimum = binary('minimum', {
  integers: true,
  gradient: ({ inputs }, [dy]) => split(less, inputs as [Tensor, Tensor], dy as Tensor),
})

function split(wins: typeof greater, [a, b]: [Tensor, Tensor], dy: Tensor): [Tensor | null, Tensor | null] {
  const half = mul(cast(equal(a, b), 'float32'), 0.5)
  const share = (winner: Tensor, other: Tensor): Tensor | null =>
    winner.requiresGrad ? sumTo(mul(dy, add(cast(wins(winner, other), 'float32'), half)), winner.shape) : null
  return [share(a, b), share(b, a)]
}

const clipped = unaryWith('clip', {
  gradient: ({ inputs: [x], attrs: [min = 0, max = 0] }, [dy]) => {
    const inside = mul(cast(greaterEqual(x as Tensor, min), 'float32'), cast(lessEqual(x as Tensor, max), 'float32'))
    return [mul(dy as Tensor, inside)]
  },
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

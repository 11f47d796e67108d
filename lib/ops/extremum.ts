import type { Tensor } from '../tensor/tensor.js'
import { add } from './add.js'
import { cast } from './cast.js'
import { equal, greater, less } from './compare.js'
import { binary } from './elementwise.js'
import { mul } from './mul.js'
import { sumTo } from './sum.js'

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

import type { Tensor } from '../tensor/tensor.js'
import { unary } from './elementwise.js'
import { mul } from './mul.js'
import { neg } from './neg.js'

// Sine and cosine are each other's gradient, so they share a file.

/** The sine of x in radians. */
export const sin: (x: Tensor) => Tensor = unary('sin', {
  gradient: ({ inputs: [x] }, [dy]) => [mul(dy as Tensor, cos(x as Tensor))],
})

/** The cosine of x in radians. */
export const cos: (x: Tensor) => Tensor = unary('cos', {
  gradient: ({ inputs: [x] }, [dy]) => [neg(mul(dy as Tensor, sin(x as Tensor)))],
})

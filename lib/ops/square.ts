import type { Tensor } from '../tensor/tensor.js'
import { unary } from './elementwise.js'
import { mul } from './mul.js'

/** x². float32 or int32 (which wraps). */
export const square = unary('square', {
  integers: true,
  gradient: ({ inputs: [x] }, [dy]) => [mul(dy as Tensor, mul(x as Tensor, 2))],
})

import type { Tensor } from '../tensor/tensor.js'
import { unary } from './elementwise.js'

/** −x. float32 or int32. */
export const neg: (x: Tensor) => Tensor = unary('neg', {
  integers: true,
  gradient: (_, [dy]) => [neg(dy as Tensor)],
  saves: 'none',
})

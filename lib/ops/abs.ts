import type { Tensor } from '../tensor/tensor.js'
import { unary } from './elementwise.js'
import { mul } from './mul.js'
import { sign } from './sign.js'

/** |x|. float32 or int32. The derivative at 0 is 0. */
export const abs = unary('abs', {
  integers: true,
  gradient: ({ inputs: [x] }, [dy]) => [mul(dy as Tensor, sign(x as Tensor))],
})

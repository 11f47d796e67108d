import type { Tensor } from '../tensor/tensor.js'
import { unary } from './elementwise.js'
import { mul } from './mul.js'

/** eˣ. At most 1.5 ulp. */
export const exp = unary('exp', {
  gradient: ({ outputs: [y] }, [dy]) => [mul(dy as Tensor, y as Tensor)],
  saves: 'outputs',
})

import type { Tensor } from '../tensor/tensor.js'
import { add } from './add.js'
import { unary } from './elementwise.js'
import { mul } from './mul.js'

/** eˣ − 1, accurate near 0. */
export const expm1 = unary('expm1', {
  gradient: ({ outputs: [y] }, [dy]) => [mul(dy as Tensor, add(y as Tensor, 1))],
  saves: 'outputs',
})

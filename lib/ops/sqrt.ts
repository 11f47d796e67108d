import type { Tensor } from '../tensor/tensor.js'
import { div } from './div.js'
import { unary } from './elementwise.js'
import { mul } from './mul.js'

/** The square root; NaN below 0. */
export const sqrt = unary('sqrt', {
  gradient: ({ outputs: [y] }, [dy]) => [div(mul(dy as Tensor, 0.5), y as Tensor)],
  saves: 'outputs',
})

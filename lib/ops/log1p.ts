import type { Tensor } from '../tensor/tensor.js'
import { add } from './add.js'
import { div } from './div.js'
import { unary } from './elementwise.js'

/** log(1 + x), accurate near 0; −∞ at −1, NaN below. */
export const log1p = unary('log1p', {
  gradient: ({ inputs: [x] }, [dy]) => [div(dy as Tensor, add(x as Tensor, 1))],
  saves: 'inputs',
})

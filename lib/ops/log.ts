import type { Tensor } from '../tensor/tensor.js'
import { div } from './div.js'
import { unary } from './elementwise.js'

/** The natural logarithm; −∞ at 0, NaN below. */
export const log = unary('log', {
  gradient: ({ inputs: [x] }, [dy]) => [div(dy as Tensor, x as Tensor)],
  saves: 'inputs',
})

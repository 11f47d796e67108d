import type { Tensor } from '../tensor/tensor.js'
import { unary } from './elementwise.js'
import { mul } from './mul.js'
import { neg } from './neg.js'

/** 1 / x. */
export const reciprocal = unary('reciprocal', {
  gradient: ({ outputs: [y] }, [dy]) => [neg(mul(dy as Tensor, mul(y as Tensor, y as Tensor)))],
  saves: 'outputs',
})

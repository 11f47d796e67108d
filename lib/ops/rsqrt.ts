import type { Tensor } from '../tensor/tensor.js'
import { unary } from './elementwise.js'
import { mul } from './mul.js'

/** 1 / √x, by IEEE division and root. */
export const rsqrt = unary('rsqrt', {
  gradient: ({ outputs: [y] }, [dy]) => [mul(mul(dy as Tensor, -0.5), mul(y as Tensor, mul(y as Tensor, y as Tensor)))],
  saves: 'outputs',
})

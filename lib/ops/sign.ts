import { zeros } from '../tensor/creation.js'
import type { Tensor } from '../tensor/tensor.js'
import { unary } from './elementwise.js'

/** −1, 0 or 1; NaN stays. float32 or int32. The derivative is 0 everywhere. */
export const sign = unary('sign', {
  integers: true,
  gradient: ({ inputs: [x] }) => [zeros((x as Tensor).shape)],
  saves: 'none',
})

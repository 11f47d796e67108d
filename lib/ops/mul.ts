import type { Tensor } from '../tensor/tensor.js'
import type { TensorLike } from './define.js'
import { binary } from './elementwise.js'
import { sumTo } from './sum.js'

/** a · b element by element, with broadcasting. float32 or int32 (which wraps). */
export const mul: (a: TensorLike, b: TensorLike) => Tensor = binary('mul', {
  integers: true,
  gradient: ({ inputs: [a, b] }, [dy]) => [
    (a as Tensor).requiresGrad ? sumTo(mul(dy as Tensor, b as Tensor), (a as Tensor).shape) : null,
    (b as Tensor).requiresGrad ? sumTo(mul(dy as Tensor, a as Tensor), (b as Tensor).shape) : null,
  ],
})

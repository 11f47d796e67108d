import { installGradientOps } from '../autodiff/backward.js'
import type { Tensor } from '../tensor/tensor.js'
import { binary } from './elementwise.js'
import { linear } from './linear.js'
import { sumTo } from './sum.js'

/** a + b, with broadcasting. float32 or int32 (which wraps). */
export const add = binary('add', {
  integers: true,
  gradient: ({ inputs: [a, b] }, [dy]) => [
    (a as Tensor).requiresGrad ? sumTo(dy as Tensor, (a as Tensor).shape) : null,
    (b as Tensor).requiresGrad ? sumTo(dy as Tensor, (b as Tensor).shape) : null,
  ],
  saves: 'none',
})

installGradientOps({ add, identity: linear })

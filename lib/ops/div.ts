import type { Tensor } from '../tensor/tensor.js'
import type { TensorLike } from './define.js'
import { binary } from './elementwise.js'
import { mul } from './mul.js'
import { neg } from './neg.js'
import { sumTo } from './sum.js'

/** a / b element by element, with broadcasting, in float32: x / 0 is ±∞, 0 / 0 NaN. */
export const div: (a: TensorLike, b: TensorLike) => Tensor = binary('div', {
  gradient: ({ inputs: [a, b], outputs: [y] }, [dy]) => [
    (a as Tensor).requiresGrad ? sumTo(div(dy as Tensor, b as Tensor), (a as Tensor).shape) : null,
    (b as Tensor).requiresGrad
      ? sumTo(neg(mul(div(dy as Tensor, b as Tensor), y as Tensor)), (b as Tensor).shape)
      : null,
  ],
  saves: 'both',
})

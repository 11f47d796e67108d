import type { Tensor } from '../tensor/tensor.js'
import { gradientOf, unary } from './elementwise.js'
import { mul } from './mul.js'
import { sigmoid, sigmoidGrad } from './sigmoid.js'

/** log(1 + eˣ), computed as max(x, 0) + log1p(e^(−|x|)). */
export const softplus = unary('softplus', {
  gradient: ({ inputs: [x] }, [dy]) => [softplusGrad(x as Tensor, dy as Tensor)],
})

/** dy·sigmoid(x). */
const softplusGrad: (x: Tensor, dy: Tensor) => Tensor = gradientOf('softplusGrad', ({ inputs: [x, dy] }, [ddx]) => [
  sigmoidGrad(sigmoid(x as Tensor), mul(ddx as Tensor, dy as Tensor)),
  softplusGrad(x as Tensor, ddx as Tensor),
])

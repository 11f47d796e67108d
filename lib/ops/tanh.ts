import type { Tensor } from '../tensor/tensor.js'
import { gradientOf, unary } from './elementwise.js'
import { mul } from './mul.js'

/** The hyperbolic tangent. */
export const tanh = unary('tanh', {
  gradient: ({ outputs: [y] }, [dy]) => [tanhGrad(y as Tensor, dy as Tensor)],
  saves: 'outputs',
})

/** dy·(1 − y²). @internal */
export const tanhGrad: (y: Tensor, dy: Tensor) => Tensor = gradientOf('tanhGrad', ({ inputs: [y, dy] }, [ddx]) => [
  mul(mul(ddx as Tensor, dy as Tensor), mul(y as Tensor, -2)),
  tanhGrad(y as Tensor, ddx as Tensor),
])

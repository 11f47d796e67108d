import type { Tensor } from '../tensor/tensor.js'
import { greater } from './compare.js'
import { gradientOf, unary } from './elementwise.js'
import { mul } from './mul.js'
import { where } from './where.js'

/**
 * λ·x above 0, λ·α·(eˣ − 1) below, with α = 1.6732632423543772 and λ = 1.0507009873554805, for which activations of mean 0
 * and variance 1 keep them from layer to layer (Klambauer et al. 2017). The derivative at 0 is λ·α.
 */
export const selu = unary('selu', {
  gradient: ({ outputs: [y] }, [dy]) => [seluGrad(y as Tensor, dy as Tensor)],
  saves: 'outputs',
})

/** λ·dy where y > 0, else (y + λ·α)·dy. @internal */
export const seluGrad: (y: Tensor, dy: Tensor) => Tensor = gradientOf('seluGrad', ({ inputs: [y, dy] }, [ddx]) => [
  where(greater(y as Tensor, 0), 0, mul(ddx as Tensor, dy as Tensor)),
  seluGrad(y as Tensor, ddx as Tensor),
])

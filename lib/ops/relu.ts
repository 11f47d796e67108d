import { zeros } from '../tensor/creation.js'
import type { Tensor } from '../tensor/tensor.js'
import { gradientOf, unary } from './elementwise.js'

/** max(0, x); NaN stays. The derivative at 0 is 0. */
export const relu = unary('relu', {
  gradient: ({ outputs: [y] }, [dy]) => [reluGrad(y as Tensor, dy as Tensor)],
  saves: 'outputs',
})

/** dy where y > 0, else 0. @internal */
export const reluGrad: (y: Tensor, dy: Tensor) => Tensor = gradientOf('reluGrad', ({ inputs: [y] }, [ddx]) => [
  zeros((y as Tensor).shape),
  reluGrad(y as Tensor, ddx as Tensor),
])

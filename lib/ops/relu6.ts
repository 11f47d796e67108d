import { zeros } from '../tensor/creation.js'
import type { Tensor } from '../tensor/tensor.js'
import { gradientOf, unary } from './elementwise.js'

/** min(max(0, x), 6); NaN stays. The derivative at 0 and at 6 is 0 (Krizhevsky 2010). */
export const relu6 = unary('relu6', {
  gradient: ({ outputs: [y] }, [dy]) => [relu6Grad(y as Tensor, dy as Tensor)],
  saves: 'outputs',
})

/** dy where 0 < y < 6, else 0. */
const relu6Grad: (y: Tensor, dy: Tensor) => Tensor = gradientOf('relu6Grad', ({ inputs: [y] }, [ddx]) => [
  zeros((y as Tensor).shape),
  relu6Grad(y as Tensor, ddx as Tensor),
])

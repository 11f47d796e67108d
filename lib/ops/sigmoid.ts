import type { Tensor } from '../tensor/tensor.js'
import { gradientOf, unary } from './elementwise.js'
import { mul } from './mul.js'
import { sub } from './sub.js'

/** 1 / (1 + e^(−x)), the logistic function; stable on both sides. */
export const sigmoid = unary('sigmoid', {
  gradient: ({ outputs: [y] }, [dy]) => [sigmoidGrad(y as Tensor, dy as Tensor)],
  saves: 'outputs',
})

/** dy·y·(1 − y). @internal */
export const sigmoidGrad: (y: Tensor, dy: Tensor) => Tensor = gradientOf(
  'sigmoidGrad',
  ({ inputs: [y, dy] }, [ddx]) => [
    mul(mul(ddx as Tensor, dy as Tensor), sub(1, mul(y as Tensor, 2))),
    sigmoidGrad(y as Tensor, ddx as Tensor),
  ],
)

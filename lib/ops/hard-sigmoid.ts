import { zeros } from '../tensor/creation.js'
import type { Tensor } from '../tensor/tensor.js'
import { gradientOf, unary } from './elementwise.js'

/** x/6 + ½ clipped to [0, 1], as Keras and PyTorch; NaN stays. The derivative at ±3 is 0. */
export const hardSigmoid = unary('hardSigmoid', {
  gradient: ({ inputs: [x] }, [dy]) => [hardSigmoidGrad(x as Tensor, dy as Tensor)],
})

/** dy/6 where |x| < 3, else 0. */
const hardSigmoidGrad: (x: Tensor, dy: Tensor) => Tensor = gradientOf('hardSigmoidGrad', ({ inputs: [x] }, [ddx]) => [
  zeros((x as Tensor).shape),
  hardSigmoidGrad(x as Tensor, ddx as Tensor),
])

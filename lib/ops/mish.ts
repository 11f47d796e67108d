import type { Tensor } from '../tensor/tensor.js'
import { add } from './add.js'
import { gradientOf, unary } from './elementwise.js'
import { mul } from './mul.js'
import { sigmoid } from './sigmoid.js'
import { softplus } from './softplus.js'
import { sub } from './sub.js'
import { tanh, tanhGrad } from './tanh.js'

/** x·tanh(softplus(x)) (Misra 2019). */
export const mish = unary('mish', { gradient: ({ inputs: [x] }, [dy]) => [mishGrad(x as Tensor, dy as Tensor)] })

/** With t = tanh(softplus(x)) and s = sigmoid(x): dy·(t + x·(1 − t²)·s). */
const mishGrad: (x: Tensor, dy: Tensor) => Tensor = gradientOf('mishGrad', ({ inputs: [x, dy] }, [ddx]) => {
  const s = sigmoid(x as Tensor)
  const t = tanh(softplus(x as Tensor))
  // f'' = (1 − t²)·s·(2 + x·(1 − s − 2·t·s))
  const bend = add(mul(x as Tensor, sub(sub(1, s), mul(mul(t, 2), s))), 2)
  return [tanhGrad(t, mul(mul(mul(ddx as Tensor, dy as Tensor), s), bend)), mishGrad(x as Tensor, ddx as Tensor)]
})

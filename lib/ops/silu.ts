import type { Tensor } from '../tensor/tensor.js'
import { add } from './add.js'
import { gradientOf, unary } from './elementwise.js'
import { mul } from './mul.js'
import { sigmoid, sigmoidGrad } from './sigmoid.js'
import { sub } from './sub.js'

/** x·sigmoid(x), also known as swish (Elfwing et al. 2017, Ramachandran et al. 2017). */
export const silu = unary('silu', { gradient: ({ inputs: [x] }, [dy]) => [siluGrad(x as Tensor, dy as Tensor)] })

/** With s = sigmoid(x): dy·s·(1 + x·(1 − s)). */
const siluGrad: (x: Tensor, dy: Tensor) => Tensor = gradientOf('siluGrad', ({ inputs: [x, dy] }, [ddx]) => {
  const s = sigmoid(x as Tensor)
  // f'' = s·(1 − s)·(2 + x·(1 − 2s))
  const bend = add(mul(x as Tensor, sub(1, mul(s, 2))), 2)
  return [sigmoidGrad(s, mul(mul(ddx as Tensor, dy as Tensor), bend)), siluGrad(x as Tensor, ddx as Tensor)]
})

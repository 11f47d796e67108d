import type { Tensor } from '../tensor/tensor.js'
import { abs } from './abs.js'
import { add } from './add.js'
import { div } from './div.js'
import { gradientOf, unary } from './elementwise.js'
import { mul } from './mul.js'
import { sign } from './sign.js'

/** x / (1 + |x|); of ±∞ it is ±1. */
export const softsign = unary('softsign', {
  gradient: ({ inputs: [x] }, [dy]) => [softsignGrad(x as Tensor, dy as Tensor)],
})

/** dy / (1 + |x|)². */
const softsignGrad: (x: Tensor, dy: Tensor) => Tensor = gradientOf('softsignGrad', ({ inputs: [x, dy] }, [ddx]) => {
  const curvature = div(mul(sign(x as Tensor), -2), add(abs(x as Tensor), 1))
  return [
    softsignGrad(x as Tensor, mul(mul(ddx as Tensor, dy as Tensor), curvature)),
    softsignGrad(x as Tensor, ddx as Tensor),
  ]
})

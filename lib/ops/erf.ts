import type { Tensor } from '../tensor/tensor.js'
import { unary } from './elementwise.js'
import { exp } from './exp.js'
import { mul } from './mul.js'
import { neg } from './neg.js'

/** The error function, 2/√π ∫₀ˣ e^(−t²) dt. At most 1.5 ulp. */
export const erf = unary('erf', {
  gradient: ({ inputs: [x] }, [dy]) => [
    mul(dy as Tensor, mul(exp(neg(mul(x as Tensor, x as Tensor))), 2 / Math.sqrt(Math.PI))),
  ],
  saves: 'inputs',
})

import { checkFlag } from '../core/check.js'
import { checkOptions } from '../core/names.js'
import type { Tensor } from '../tensor/tensor.js'
import { add } from './add.js'
import { checkTensor } from './define.js'
import { gradientOf, unary } from './elementwise.js'
import { exp } from './exp.js'
import { mul } from './mul.js'
import { sub } from './sub.js'
import { tanh } from './tanh.js'

const exact = unary('gelu', { gradient: ({ inputs: [x] }, [dy]) => [geluGrad(x as Tensor, dy as Tensor)] })
const approximated = unary('geluTanh', {
  gradient: ({ inputs: [x] }, [dy]) => [geluTanhGrad(x as Tensor, dy as Tensor)],
})

/** dy·(Φ(x) + x·φ(x)), with the normal distribution Φ and its density φ. */
const geluGrad: (x: Tensor, dy: Tensor) => Tensor = gradientOf('geluGrad', ({ inputs: [x, dy] }, [ddx]) => {
  const density = mul(exp(mul(mul(x as Tensor, x as Tensor), -0.5)), 1 / Math.sqrt(2 * Math.PI))
  const curvature = mul(density, sub(2, mul(x as Tensor, x as Tensor)))
  return [mul(mul(ddx as Tensor, dy as Tensor), curvature), geluGrad(x as Tensor, ddx as Tensor)]
})

const root = Math.sqrt(2 / Math.PI)
const cubic = 0.044715

/** With u = √(2/π)·(x + 0.044715·x³) and t = tanh(u): dy·(½(1 + t) + ½·x·(1 − t²)·u'). */
const geluTanhGrad: (x: Tensor, dy: Tensor) => Tensor = gradientOf('geluTanhGrad', ({ inputs: [input, dy] }, [ddx]) => {
  const x = input as Tensor
  const squared = mul(x, x)
  const t = tanh(mul(mul(x, root), add(mul(squared, cubic), 1)))
  const slope = mul(add(mul(squared, 3 * cubic), 1), root)
  const bend = mul(x, 6 * cubic * root)
  const sech = sub(1, mul(t, t))
  // d/dx of ½(1 + t) + ½·x·sech·slope, where sech' = −2·t·sech·slope
  const curvature = mul(sech, add(slope, mul(mul(x, 0.5), sub(bend, mul(mul(t, 2), mul(slope, slope))))))
  return [mul(mul(ddx as Tensor, dy as Tensor), curvature), geluTanhGrad(x, ddx as Tensor)]
})

export interface GeluOptions {
  /** Use ½·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))) instead of erf. Default false. */
  approximate?: boolean
}

/**
 * x·Φ(x) with the normal distribution Φ (Hendrycks & Gimpel 2016).
 * @param approximate by tanh instead of erf, see {@link GeluOptions}: the flag alone, as in Keras, or `{ approximate: true }`. Default
 *   false
 * @throws MyelinError ERR_ARGUMENT for another option, or what is no flag
 */
export function gelu(x: Tensor, approximate: boolean | GeluOptions = false): Tensor {
  const input = checkTensor(x, 'gelu')
  return isApproximate(approximate) ? approximated(input) : exact(input)
}

function isApproximate(given: boolean | GeluOptions): boolean {
  if (typeof given !== 'object' || given === null) return checkFlag('gelu', 'approximate', given)
  checkOptions(given, ['approximate'], 'gelu')
  const { approximate = false } = given
  return checkFlag('gelu', 'approximate', approximate)
}

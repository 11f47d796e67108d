import { identityOp } from '../autodiff/identity.js'
import { checkAbove, checkFlag, checkRange } from '../core/check.js'
import { MyelinError } from '../core/error.js'
import { checkOptions } from '../core/names.js'
import { show } from '../core/show.js'
import { draw, zeros } from '../tensor/creation.js'
import { type RandomSource, randomAddress } from '../tensor/random.js'
import { broadcastShapes, formatShape, sameShape } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { abs, add, div, mul, sign, sub } from './arithmetic.js'
import { greater, lessEqual, where } from './comparison.js'
import { call, checkTensor } from './define.js'
import { binary, gradientOf, unary, unaryWith } from './elementwise.js'
import { cast } from './movement.js'
import { exp } from './powers.js'
import { sumTo } from './sum.js'

/** f(x) = x, on the same storage: the activation that does nothing. */
export const linear = (x: Tensor): Tensor => call(identityOp, [checkTensor(x, 'linear')], undefined)

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

const leaky = unaryWith('leakyRelu', {
  gradient: ({ inputs: [x], attrs }, [dy]) => [leakyReluGrad(x as Tensor, dy as Tensor, attrs)],
})

/** dy where x > 0, else α·dy. @internal */
const leakyReluGrad: (x: Tensor, dy: Tensor, attrs?: readonly number[]) => Tensor = gradientOf(
  'leakyReluGrad',
  ({ inputs: [x], attrs }, [ddx]) => [zeros((x as Tensor).shape), leakyReluGrad(x as Tensor, ddx as Tensor, attrs)],
)

/** x above 0, negativeSlope·x below. The derivative at 0 is negativeSlope. Default 0.2, as Keras' function (Maas et al. 2013). */
export function leakyRelu(x: Tensor, negativeSlope = 0.2): Tensor {
  if (!Number.isFinite(negativeSlope))
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[leakyRelu] negativeSlope must be a finite number, got ${show(negativeSlope)}`,
    )
  return leaky(x, [negativeSlope])
}

const parametric = binary('prelu', {
  gradient({ inputs }, [dy]) {
    const [x, alpha] = inputs as [Tensor, Tensor]
    return [
      x.requiresGrad ? mul(dy as Tensor, slope(x, alpha)) : null,
      alpha.requiresGrad ? sumTo(mul(dy as Tensor, where(greater(x, 0), 0, x)), alpha.shape) : null,
    ]
  },
})

/** 1 where x > 0, else α. */
const slope = binary('preluSlope', {
  gradient({ inputs }, [dy]) {
    const [x, alpha] = inputs as [Tensor, Tensor]
    return [zeros(x.shape), sumTo(where(lessEqual(x, 0), dy as Tensor, 0), alpha.shape)]
  },
})

/**
 * x above 0, alpha·x below (He et al. 2015). The derivative at 0 is alpha; alpha's gradient is summed over what shares it.
 * @param alpha broadcasts to x's shape
 * @throws MyelinError ERR_SHAPE
 */
export function prelu(x: Tensor, alpha: Tensor): Tensor {
  checkTensor(x, 'prelu')
  checkTensor(alpha, 'prelu', 'alpha')
  if (!sameShape(broadcastShapes(x.shape, alpha.shape, 'prelu'), x.shape))
    throw new MyelinError(
      'ERR_SHAPE',
      `[prelu] alpha must broadcast to x: alpha is ${formatShape(alpha.shape)}, x is ${formatShape(x.shape)}`,
    )
  return parametric(x, alpha)
}

export interface RreluOptions extends RandomSource {
  /** The smallest slope. Default 1/8. */
  lower?: number
  /** The largest slope, from `lower`. Default 1/3. */
  upper?: number
  /** Draw slopes; otherwise all are the mean of lower and upper. Default false. */
  training?: boolean
}

/**
 * Randomized leaky ReLU: x above 0, a·x below, with a drawn for each element from U[lower, upper) in training and
 * (lower + upper)/2 otherwise (Xu et al. 2015).
 * @throws MyelinError ERR_ARGUMENT unless lower and upper are finite and lower ≤ upper
 */
export function rrelu(x: Tensor, options: RreluOptions = {}): Tensor {
  checkTensor(x, 'rrelu')
  checkOptions(options, ['lower', 'upper', 'training', 'seed', 'stream', 'call'], 'rrelu')
  const { lower = 1 / 8, upper = 1 / 3, training = false, ...source } = options
  checkSlopes(lower, upper, 'rrelu')
  if (!training) return leakyRelu(x, (lower + upper) / 2)
  return prelu(x, draw('randomUniform', x.shape, [lower, upper], randomAddress(source, 'rrelu')))
}

/** @internal */
export function checkSlopes(lower: number, upper: number, where: string): void {
  if (!Number.isFinite(lower) || !Number.isFinite(upper) || lower > upper)
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[${where}] lower and upper must be finite numbers, lower ≤ upper, got ${show(lower)}, ${show(upper)}`,
    )
}

const exponentialLinear = unaryWith('elu', {
  gradient: ({ outputs: [y], attrs }, [dy]) => [eluGrad(y as Tensor, dy as Tensor, attrs)],
  saves: 'outputs',
})

/** dy where y > 0, else (y + α)·dy. @internal */
export const eluGrad: (y: Tensor, dy: Tensor, attrs?: readonly number[]) => Tensor = gradientOf(
  'eluGrad',
  ({ inputs: [y, dy], attrs }, [ddx]) => [
    mul(mul(ddx as Tensor, dy as Tensor), cast(lessEqual(y as Tensor, 0), 'float32')),
    eluGrad(y as Tensor, ddx as Tensor, attrs),
  ],
)

/** x above 0, α·(eˣ − 1) below, α ≥ 0 (default 1). The derivative at 0 is α (Clevert et al. 2016). */
export function elu(x: Tensor, alpha = 1): Tensor {
  return exponentialLinear(x, [checkRange('elu', 'alpha', alpha, 0)])
}

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

const continuous = unaryWith('celu', {
  gradient: ({ outputs: [y], attrs }, [dy]) => [celuGrad(y as Tensor, dy as Tensor, attrs)],
  saves: 'outputs',
})

/** dy where y > 0, else (y/α + 1)·dy. */
const celuGrad: (y: Tensor, dy: Tensor, attrs?: readonly number[]) => Tensor = gradientOf(
  'celuGrad',
  ({ inputs: [y, dy], attrs }, [ddx]) => [
    mul(mul(ddx as Tensor, dy as Tensor), mul(cast(lessEqual(y as Tensor, 0), 'float32'), 1 / (attrs[0] as number))),
    celuGrad(y as Tensor, ddx as Tensor, attrs),
  ],
)

/** x above 0, α·(e^(x/α) − 1) below, α > 0 (default 1): an ELU whose derivative at 0 is 1 for any α (Barron 2017). */
export function celu(x: Tensor, alpha = 1): Tensor {
  return continuous(x, [checkAbove('celu', 'alpha', alpha, 0)])
}

/** log(1 + eˣ), computed as max(x, 0) + log1p(e^(−|x|)). */
export const softplus = unary('softplus', {
  gradient: ({ inputs: [x] }, [dy]) => [softplusGrad(x as Tensor, dy as Tensor)],
})

/** dy·sigmoid(x). */
const softplusGrad: (x: Tensor, dy: Tensor) => Tensor = gradientOf('softplusGrad', ({ inputs: [x, dy] }, [ddx]) => [
  sigmoidGrad(sigmoid(x as Tensor), mul(ddx as Tensor, dy as Tensor)),
  softplusGrad(x as Tensor, ddx as Tensor),
])

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

/** x/6 + ½ clipped to [0, 1], as Keras and PyTorch; NaN stays. The derivative at ±3 is 0. */
export const hardSigmoid = unary('hardSigmoid', {
  gradient: ({ inputs: [x] }, [dy]) => [hardSigmoidGrad(x as Tensor, dy as Tensor)],
})

/** dy/6 where |x| < 3, else 0. */
const hardSigmoidGrad: (x: Tensor, dy: Tensor) => Tensor = gradientOf('hardSigmoidGrad', ({ inputs: [x] }, [ddx]) => [
  zeros((x as Tensor).shape),
  hardSigmoidGrad(x as Tensor, ddx as Tensor),
])

/** The hyperbolic tangent. */
export const tanh = unary('tanh', {
  gradient: ({ outputs: [y] }, [dy]) => [tanhGrad(y as Tensor, dy as Tensor)],
  saves: 'outputs',
})

/** dy·(1 − y²). @internal */
export const tanhGrad: (y: Tensor, dy: Tensor) => Tensor = gradientOf('tanhGrad', ({ inputs: [y, dy] }, [ddx]) => [
  mul(mul(ddx as Tensor, dy as Tensor), mul(y as Tensor, -2)),
  tanhGrad(y as Tensor, ddx as Tensor),
])

/** x·sigmoid(x), also known as swish (Elfwing et al. 2017, Ramachandran et al. 2017). */
export const silu = unary('silu', { gradient: ({ inputs: [x] }, [dy]) => [siluGrad(x as Tensor, dy as Tensor)] })

/** With s = sigmoid(x): dy·s·(1 + x·(1 − s)). */
const siluGrad: (x: Tensor, dy: Tensor) => Tensor = gradientOf('siluGrad', ({ inputs: [x, dy] }, [ddx]) => {
  const s = sigmoid(x as Tensor)
  // f'' = s·(1 − s)·(2 + x·(1 − 2s))
  const bend = add(mul(x as Tensor, sub(1, mul(s, 2))), 2)
  return [sigmoidGrad(s, mul(mul(ddx as Tensor, dy as Tensor), bend)), siluGrad(x as Tensor, ddx as Tensor)]
})

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

/** eˣ, by the name that it has as an activation. */
export const exponential = (x: Tensor): Tensor => exp(checkTensor(x, 'exponential'))

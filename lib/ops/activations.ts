import { identityOp } from '../autodiff/identity.js'
import { checkAbove, checkFlag, checkRange } from '../core/check.js'
import { MyelinError } from '../core/error.js'
import { checkOptions } from '../core/names.js'
import { show } from '../core/show.js'
import { draw, zeros } from '../tensor/creation.js'
import { type RandomSource, randomAddress } from '../tensor/random.js'
import { call } from '../tensor/recorder.js'
import { broadcastShapes, formatShape, sameShape } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { abs, add, div, mul, sign, sub } from './arithmetic.js'
import { greater, lessEqual, where } from './comparison.js'
import { checkTensor } from './define.js'
import { binary, type Derivative, gradientOf, unary, unaryWith } from './elementwise.js'
import { cast } from './movement.js'
import { exp } from './powers.js'

/** f(x) = x, on the same storage: the activation that does nothing. */
export const linear = (x: Tensor): Tensor => call(identityOp, [checkTensor(x, 'linear')], undefined)

/** max(0, x); NaN stays. The derivative at 0 is 0. */
export const relu = unary('relu', { gradient: (dy, _, y) => reluGrad(y, dy), saves: 'outputs' })

/** dy where y > 0, else 0. @internal */
export const reluGrad = gradientOf('reluGrad', (_, y) => zeros(y.shape))

/** min(max(0, x), 6); NaN stays. The derivative at 0 and at 6 is 0 (Krizhevsky 2010). */
export const relu6 = unary('relu6', { gradient: (dy, _, y) => relu6Grad(y, dy), saves: 'outputs' })

/** dy where 0 < y < 6, else 0. */
const relu6Grad = gradientOf('relu6Grad', (_, y) => zeros(y.shape))

const leaky = unaryWith('leakyRelu', { gradient: (dy, x, _, attrs) => leakyReluGrad(x, dy, attrs) })

/** dy where x > 0, else α·dy. @internal */
const leakyReluGrad = gradientOf('leakyReluGrad', (_, x) => zeros(x.shape))

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
  gradient: { a: (dy, x, alpha) => mul(dy, slope(x, alpha)), b: (dy, x) => mul(dy, where(greater(x, 0), 0, x)) },
})

/** 1 where x > 0, else α. */
const slope = binary('preluSlope', {
  gradient: { a: (_, x) => zeros(x.shape), b: (dy, x) => where(lessEqual(x, 0), dy, 0) },
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

const exponentialLinear = unaryWith('elu', { gradient: (dy, _, y, attrs) => eluGrad(y, dy, attrs), saves: 'outputs' })

/** dy where y > 0, else (y + α)·dy. @internal */
export const eluGrad = gradientOf('eluGrad', (ddx, y, dy) => mul(mul(ddx, dy), cast(lessEqual(y, 0), 'float32')))

/** x above 0, α·(eˣ − 1) below, α ≥ 0 (default 1). The derivative at 0 is α (Clevert et al. 2016). */
export function elu(x: Tensor, alpha = 1): Tensor {
  return exponentialLinear(x, [checkRange('elu', 'alpha', alpha, 0)])
}

/**
 * λ·x above 0, λ·α·(eˣ − 1) below, with α = 1.6732632423543772 and λ = 1.0507009873554805, for which activations of mean 0
 * and variance 1 keep them from layer to layer (Klambauer et al. 2017). The derivative at 0 is λ·α.
 */
export const selu = unary('selu', { gradient: (dy, _, y) => seluGrad(y, dy), saves: 'outputs' })

/** λ·dy where y > 0, else (y + λ·α)·dy. @internal */
export const seluGrad = gradientOf('seluGrad', (ddx, y, dy) => where(greater(y, 0), 0, mul(ddx, dy)))

const continuous = unaryWith('celu', { gradient: (dy, _, y, attrs) => celuGrad(y, dy, attrs), saves: 'outputs' })

/** dy where y > 0, else (y/α + 1)·dy. */
const celuGrad = gradientOf('celuGrad', (ddx, y, dy, [alpha = 1]) =>
  mul(mul(ddx, dy), mul(cast(lessEqual(y, 0), 'float32'), 1 / alpha)),
)

/** x above 0, α·(e^(x/α) − 1) below, α > 0 (default 1): an ELU whose derivative at 0 is 1 for any α (Barron 2017). */
export function celu(x: Tensor, alpha = 1): Tensor {
  return continuous(x, [checkAbove('celu', 'alpha', alpha, 0)])
}

/** log(1 + eˣ), computed as max(x, 0) + log1p(e^(−|x|)). */
export const softplus = unary('softplus', { gradient: (dy, x) => softplusGrad(x, dy) })

/** dy·sigmoid(x). */
const softplusGrad = gradientOf('softplusGrad', (ddx, x, dy) => sigmoidGrad(sigmoid(x), mul(ddx, dy)))

/** x / (1 + |x|); of ±∞ it is ±1. */
export const softsign = unary('softsign', { gradient: (dy, x) => softsignGrad(x, dy) })

/** dy / (1 + |x|)². */
const softsignGrad: Derivative = gradientOf('softsignGrad', (ddx, x, dy) => {
  const curvature = div(mul(sign(x), -2), add(abs(x), 1))
  return softsignGrad(x, mul(mul(ddx, dy), curvature))
})

/** 1 / (1 + e^(−x)), the logistic function; stable on both sides. */
export const sigmoid = unary('sigmoid', { gradient: (dy, _, y) => sigmoidGrad(y, dy), saves: 'outputs' })

/** dy·y·(1 − y). @internal */
export const sigmoidGrad = gradientOf('sigmoidGrad', (ddx, y, dy) => mul(mul(ddx, dy), sub(1, mul(y, 2))))

/** x/6 + ½ clipped to [0, 1], as Keras and PyTorch; NaN stays. The derivative at ±3 is 0. */
export const hardSigmoid = unary('hardSigmoid', { gradient: (dy, x) => hardSigmoidGrad(x, dy) })

/** dy/6 where |x| < 3, else 0. */
const hardSigmoidGrad = gradientOf('hardSigmoidGrad', (_, x) => zeros(x.shape))

/** The hyperbolic tangent. */
export const tanh = unary('tanh', { gradient: (dy, _, y) => tanhGrad(y, dy), saves: 'outputs' })

/** dy·(1 − y²). @internal */
export const tanhGrad = gradientOf('tanhGrad', (ddx, y, dy) => mul(mul(ddx, dy), mul(y, -2)))

/** x·sigmoid(x), also known as swish (Elfwing et al. 2017, Ramachandran et al. 2017). */
export const silu = unary('silu', { gradient: (dy, x) => siluGrad(x, dy) })

/** With s = sigmoid(x): dy·s·(1 + x·(1 − s)). */
const siluGrad = gradientOf('siluGrad', (ddx, x, dy) => {
  const s = sigmoid(x)
  // f'' = s·(1 − s)·(2 + x·(1 − 2s))
  const bend = add(mul(x, sub(1, mul(s, 2))), 2)
  return sigmoidGrad(s, mul(mul(ddx, dy), bend))
})

const exact = unary('gelu', { gradient: (dy, x) => geluGrad(x, dy) })
const approximated = unary('geluTanh', { gradient: (dy, x) => geluTanhGrad(x, dy) })

/** dy·(Φ(x) + x·φ(x)), with the normal distribution Φ and its density φ. */
const geluGrad = gradientOf('geluGrad', (ddx, x, dy) => {
  const density = mul(exp(mul(mul(x, x), -0.5)), 1 / Math.sqrt(2 * Math.PI))
  const curvature = mul(density, sub(2, mul(x, x)))
  return mul(mul(ddx, dy), curvature)
})

const root = Math.sqrt(2 / Math.PI)
const cubic = 0.044715

/** With u = √(2/π)·(x + 0.044715·x³) and t = tanh(u): dy·(½(1 + t) + ½·x·(1 − t²)·u'). */
const geluTanhGrad = gradientOf('geluTanhGrad', (ddx, x, dy) => {
  const squared = mul(x, x)
  const t = tanh(mul(mul(x, root), add(mul(squared, cubic), 1)))
  const slope = mul(add(mul(squared, 3 * cubic), 1), root)
  const bend = mul(x, 6 * cubic * root)
  const sech = sub(1, mul(t, t))
  // d/dx of ½(1 + t) + ½·x·sech·slope, where sech' = −2·t·sech·slope
  const curvature = mul(sech, add(slope, mul(mul(x, 0.5), sub(bend, mul(mul(t, 2), mul(slope, slope))))))
  return mul(mul(ddx, dy), curvature)
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
export const mish = unary('mish', { gradient: (dy, x) => mishGrad(x, dy) })

/** With t = tanh(softplus(x)) and s = sigmoid(x): dy·(t + x·(1 − t²)·s). */
const mishGrad = gradientOf('mishGrad', (ddx, x, dy) => {
  const s = sigmoid(x)
  const t = tanh(softplus(x))
  // f'' = (1 − t²)·s·(2 + x·(1 − s − 2·t·s))
  const bend = add(mul(x, sub(sub(1, s), mul(mul(t, 2), s))), 2)
  return tanhGrad(t, mul(mul(mul(ddx, dy), s), bend))
})

/** eˣ, by the name that it has as an activation. */
export const exponential = (x: Tensor): Tensor => exp(checkTensor(x, 'exponential'))

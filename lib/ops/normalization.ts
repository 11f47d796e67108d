import { checkRange } from '../core/check.js'
import { MyelinError } from '../core/error.js'
import { apply, call } from '../tensor/recorder.js'
import { formatShape, normalizeAxis } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { add, div, mul, sub } from './arithmetic.js'
import { throughComposition } from './composition.js'
import { checkTensor, defineOp, mapsRows } from './define.js'
import { onLastAxis, toFloat } from './movement.js'
import { sqrt, square } from './powers.js'
import { mean } from './reductions.js'
import { sum } from './sum.js'

type Inputs = [x: Tensor, gamma: Tensor, beta: Tensor]
/** `spread` is the variance for batches, and what x − mean is multiplied by for layers. */
type GradientInputs = [x: Tensor, mean: Tensor, spread: Tensor, gamma: Tensor, dy: Tensor]
type Gradients = [dx: Tensor, dgamma: Tensor, dbeta: Tensor]

const batchOp = defineOp<number, Inputs, [y: Tensor, mean: Tensor, variance: Tensor]>('batchNormalization', {
  infer: ([x, gamma]) => [x, gamma, gamma],
  encode: (epsilon) => [epsilon],
  gradient({ inputs: [x, gamma], outputs: [, mean, variance], attrs: epsilon }, [dy]) {
    // Mean and variance are handed out detached, so this is the gradient of y.
    return apply(batchGradientOp, [x, mean, variance, gamma, dy as Tensor], epsilon)
  },
  saves: 'both',
})

const batchGradientOp = defineOp<number, GradientInputs, Gradients>('batchNormalizationGrad', {
  infer: ([x, , , gamma]) => [x, gamma, gamma],
  encode: (epsilon) => [epsilon],
  gradient({ inputs: [x, , , gamma, dy], attrs: epsilon }, upstream) {
    const [dx, dgamma, ddy] = throughComposition([x, gamma, dy], upstream, (x, gamma, dy) => {
      const axes = x.shape.slice(0, -1).map((_, i) => i)
      const centered = sub(x, mean(x, axes))
      const deviation = sqrt(add(mean(square(centered), axes), epsilon))
      const normalized = div(centered, deviation)
      const along = mean(mul(dy, normalized), axes)
      const rest = sub(sub(dy, mean(dy, axes)), mul(normalized, along))
      const dx = mul(div(gamma, deviation), rest)
      return [dx, sum(mul(dy, normalized), axes), sum(dy, axes)]
    })
    return [dx, null, null, dgamma, ddy]
  },
})

/**
 * Batch normalization in training: each channel of x [..., C] is brought to mean 0 and variance 1 over the other axes, then
 * scaled by gamma [C] and shifted by beta [C] (Ioffe & Szegedy 2015).
 * @param epsilon added to the variance; default 1e-3, as Keras
 * @returns y, and the batch's mean and (biased) variance [C], which carry no gradient
 */
export function batchNormalization(
  x: Tensor,
  gamma: Tensor,
  beta: Tensor,
  epsilon = 1e-3,
): [y: Tensor, mean: Tensor, variance: Tensor] {
  const input = checkChannels('batchNormalization', x, { gamma, beta }, epsilon)
  const [y, mean, variance] = apply(batchOp, [input, gamma, beta], epsilon)
  return [y, mean.detach(), variance.detach()]
}

const inferenceOp = defineOp<number, [x: Tensor, mean: Tensor, variance: Tensor, gamma: Tensor, beta: Tensor]>(
  'batchNormalizationInference',
  {
    infer: ([x]) => [x],
    encode: (epsilon) => [epsilon],
    rowWise: mapsRows,
    gradient: ({ inputs, attrs: epsilon }, upstream) =>
      throughComposition(inputs, upstream, (x, mean, variance, gamma, beta) => [
        add(mul(sub(x, mean), div(gamma, sqrt(add(variance, epsilon)))), beta),
      ]),
  },
)

/** Batch normalization with given statistics, as at test time: (x − mean)·(gamma/√(variance + ε)) + beta on x [..., C]. */
export function batchNormalizationInference(
  x: Tensor,
  mean: Tensor,
  variance: Tensor,
  gamma: Tensor,
  beta: Tensor,
  epsilon = 1e-3,
): Tensor {
  const input = checkChannels('batchNormalizationInference', x, { mean, variance, gamma, beta }, epsilon)
  return call(inferenceOp, [input, mean, variance, gamma, beta], epsilon)
}

function checkChannels(op: string, x: Tensor, parameters: Record<string, Tensor>, epsilon: number): Tensor {
  const channels = checkTensor(x, op).shape.at(-1)
  for (const [name, parameter] of Object.entries(parameters)) {
    checkTensor(parameter, op, name)
    if (channels === undefined || parameter.rank !== 1 || parameter.size !== channels)
      throw new MyelinError(
        'ERR_SHAPE',
        `[${op}] ${name} is ${formatShape(parameter.shape)}, x is ${formatShape(x.shape)}: needs [C] for [..., C]`,
      )
  }
  checkRange(op, 'epsilon', epsilon, 0)
  return toFloat(x)
}

const layerOp = defineOp<number, Inputs, [y: Tensor, mean: Tensor, scale: Tensor]>('layerNormalization', {
  infer([x]) {
    const rows = { shape: x.shape.slice(0, -1), dtype: 'float32' } as const
    return [x, rows, rows]
  },
  encode: (epsilon) => [epsilon],
  rowWise: mapsRows,
  gradient({ inputs: [x, gamma], outputs: [, mean, scale], attrs: epsilon }, [dy]) {
    // Only y is handed out, so this is its gradient.
    return apply(layerGradientOp, [x, mean, scale, gamma, dy as Tensor], epsilon)
  },
  saves: 'both',
})

/** The attribute is epsilon, for the second derivative alone. */
const layerGradientOp = defineOp<number, GradientInputs, Gradients>('layerNormalizationGrad', {
  infer: ([x, , , gamma]) => [x, gamma, gamma],
  gradient({ inputs: [x, , , gamma, dy], attrs: epsilon }, upstream) {
    const [dx, dgamma, ddy] = throughComposition([x, gamma, dy], upstream, (x, gamma, dy) => {
      const rows = x.shape.slice(0, -1).map((_, i) => i)
      const centered = sub(x, mean(x, -1, true))
      const deviation = sqrt(add(mean(square(centered), -1, true), epsilon))
      const normalized = div(centered, deviation)
      const g = mul(dy, gamma)
      const along = mean(mul(g, normalized), -1, true)
      const dx = div(sub(sub(g, mean(g, -1, true)), mul(normalized, along)), deviation)
      return [dx, sum(mul(dy, normalized), rows), sum(dy, rows)]
    })
    return [dx, null, null, dgamma, ddy]
  },
})

/**
 * Layer normalization: the elements along an axis are brought to mean 0 and variance 1, for each position on the others by
 * itself, then scaled by gamma and shifted by beta: gamma·(x − mean)/√(variance + ε) + beta (Ba et al. 2016).
 * Statistics are taken in two passes, so that a mean far larger than the spread costs no precision.
 * @param gamma [n], n the size of the axis
 * @param beta [n]
 * @param epsilon added to the biased variance; default 1e-3, as Keras
 * @param axis default −1
 * @throws MyelinError ERR_SHAPE
 */
export function layerNormalization(x: Tensor, gamma: Tensor, beta: Tensor, epsilon = 1e-3, axis = -1): Tensor {
  checkTensor(x, 'layerNormalization')
  const along = normalizeAxis(axis, x.rank, 'layerNormalization')
  for (const [name, parameter] of Object.entries({ gamma, beta })) {
    checkTensor(parameter, 'layerNormalization', name)
    if (parameter.rank !== 1 || parameter.size !== x.shape[along])
      throw new MyelinError(
        'ERR_SHAPE',
        `[layerNormalization] ${name} is ${formatShape(parameter.shape)}, x is ${formatShape(x.shape)}: needs [n] for n elements along axis ${along}`,
      )
  }
  checkRange('layerNormalization', 'epsilon', epsilon, 0)
  const [input, g, b] = [toFloat(x), toFloat(gamma), toFloat(beta)]
  return onLastAxis(input, along, (z) => call(layerOp, [z, g, b], epsilon))
}

import { checkRange } from '../core/check.js'
import { MyelinError } from '../core/error.js'
import type { Parameter } from '../tensor/parameter.js'
import { apply } from '../tensor/recorder.js'
import { formatShape } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { add } from './add.js'
import { toFloat } from './cast.js'
import { throughComposition } from './composition.js'
import { call, checkTensor, defineOp } from './define.js'
import { div } from './div.js'
import { mean } from './mean.js'
import { mul } from './mul.js'
import { mutate } from './mutate.js'
import { mapsRows } from './row-wise.js'
import { sqrt } from './sqrt.js'
import { square } from './square.js'
import { sub } from './sub.js'
import { sum } from './sum.js'

const normalizeOp = defineOp<number>('batchNormalization', {
  infer: ([x, gamma]) => [x as Tensor, gamma as Tensor, gamma as Tensor],
  encode: (epsilon) => [epsilon],
  gradient({ inputs: [x, gamma], outputs: [, mean, variance], attrs: epsilon }, [dy]) {
    return apply(gradientOp, [x, mean, variance, gamma, dy] as Tensor[], epsilon)
  },
  saves: 'both',
})

const gradientOp = defineOp<number>('batchNormalizationGrad', {
  infer: ([x, , , gamma]) => [x as Tensor, gamma as Tensor, gamma as Tensor],
  encode: (epsilon) => [epsilon],
  gradient({ inputs: [x, , , gamma, dy], attrs: epsilon }, upstream) {
    const rows = (t: Tensor) => t.shape.slice(0, -1).map((_, i) => i)
    const [dx, dgamma, ddy] = throughComposition([x, gamma, dy] as Tensor[], upstream, (x, gamma, dy) => {
      const axes = rows(x as Tensor)
      const centered = sub(x as Tensor, mean(x as Tensor, axes))
      const deviation = sqrt(add(mean(square(centered), axes), epsilon))
      const normalized = div(centered, deviation)
      const along = mean(mul(dy as Tensor, normalized), axes)
      const rest = sub(sub(dy as Tensor, mean(dy as Tensor, axes)), mul(normalized, along))
      const dx = mul(div(gamma as Tensor, deviation), rest)
      return [dx, sum(mul(dy as Tensor, normalized), axes), sum(dy as Tensor, axes)]
    })
    return [dx ?? null, null, null, dgamma ?? null, ddy ?? null]
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
  const [y, mean, variance] = apply(normalizeOp, [input, gamma, beta], epsilon) as [Tensor, Tensor, Tensor]
  return [y, mean.detach(), variance.detach()]
}

const inferenceOp = defineOp<number>('batchNormalizationInference', {
  infer: ([x]) => [x as Tensor],
  encode: (epsilon) => [epsilon],
  rowWise: mapsRows,
  gradient({ inputs, attrs: epsilon }, upstream) {
    return throughComposition(inputs, upstream, (...all) => {
      const [x, mean, variance, gamma, beta] = all as [Tensor, Tensor, Tensor, Tensor, Tensor]
      return [add(mul(sub(x, mean), div(gamma, sqrt(add(variance, epsilon)))), beta)]
    })
  },
})

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

const movingAverageOp = defineOp<number>('assignMovingAverage', {
  infer: () => [],
  encode: (momentum) => [momentum],
  mutates: ([running]) => [running as Tensor],
})

/** running ← momentum·running + (1 − momentum)·batch, in place. */
export function assignMovingAverage(running: Parameter, batch: Tensor, momentum: number): void {
  mutate(movingAverageOp, [running, batch], momentum)
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

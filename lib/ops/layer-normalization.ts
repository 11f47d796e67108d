import { checkRange } from '../core/check.js'
import { MyelinError } from '../core/error.js'
import { apply } from '../tensor/recorder.js'
import { formatShape, normalizeAxis } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { add } from './add.js'
import { toFloat } from './cast.js'
import { throughComposition } from './composition.js'
import { checkTensor, defineOp } from './define.js'
import { div } from './div.js'
import { mean } from './mean.js'
import { mul } from './mul.js'
import { mapsRows } from './row-wise.js'
import { sqrt } from './sqrt.js'
import { square } from './square.js'
import { sub } from './sub.js'
import { sum } from './sum.js'
import { onLastAxis } from './transpose.js'

const normalizeOp = defineOp<number>('layerNormalization', {
  infer([x]) {
    const rows = { shape: (x as Tensor).shape.slice(0, -1), dtype: 'float32' } as const
    return [x as Tensor, rows, rows]
  },
  encode: (epsilon) => [epsilon],
  rowWise: mapsRows,
  gradient({ inputs: [x, gamma], outputs: [, mean, scale], attrs: epsilon }, [dy]) {
    return apply(gradientOp, [x, mean, scale, gamma, dy] as Tensor[], epsilon)
  },
  saves: 'both',
})

/** The attribute is epsilon, for the second derivative alone. */
const gradientOp = defineOp<number>('layerNormalizationGrad', {
  infer: ([x, , , gamma]) => [x as Tensor, gamma as Tensor, gamma as Tensor],
  gradient({ inputs: [x, , , gamma, dy], attrs: epsilon }, upstream) {
    const [dx, dgamma, ddy] = throughComposition([x, gamma, dy] as Tensor[], upstream, (...all) => {
      const [x, gamma, dy] = all as [Tensor, Tensor, Tensor]
      const rows = x.shape.slice(0, -1).map((_, i) => i)
      const centered = sub(x, mean(x, -1, true))
      const deviation = sqrt(add(mean(square(centered), -1, true), epsilon))
      const normalized = div(centered, deviation)
      const g = mul(dy, gamma)
      const along = mean(mul(g, normalized), -1, true)
      const dx = div(sub(sub(g, mean(g, -1, true)), mul(normalized, along)), deviation)
      return [dx, sum(mul(dy, normalized), rows), sum(dy, rows)]
    })
    return [dx ?? null, null, null, dgamma ?? null, ddy ?? null]
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
  return onLastAxis(input, along, (z) => apply(normalizeOp, [z, g, b], epsilon)[0] as Tensor)
}

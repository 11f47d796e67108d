import { MyelinError } from '../core/error.js'
import { checkOptions } from '../core/names.js'
import { show } from '../core/show.js'
import type { Shape } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { call, checkTensor, defineOp } from './define.js'
import { encodeAddress, type RandomAddress, type RandomSource, randomAddress } from './dropout.js'
import { leakyRelu } from './leaky-relu.js'
import { prelu } from './prelu.js'

export interface RreluOptions extends RandomSource {
  /** The smallest slope. Default 1/8. */
  lower?: number
  /** The largest slope, from `lower`. Default 1/3. */
  upper?: number
  /** Draw slopes; otherwise all are the mean of lower and upper. Default false. */
  training?: boolean
}

interface Slopes extends RandomAddress {
  shape: Shape
  lower: number
  upper: number
}

const slopesOp = defineOp<Slopes>('rreluSlopes', {
  native: 'randomUniform',
  infer: (_, { shape }) => [{ shape, dtype: 'float32' }],
  encode: (attrs, ahead) => [...encodeAddress(attrs, ahead), attrs.lower, attrs.upper],
  perStep: true,
})

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
  const attrs = { ...randomAddress(source, 'rrelu'), shape: x.shape, lower, upper }
  return prelu(x, call(slopesOp, [], attrs))
}

/** @internal */
export function checkSlopes(lower: number, upper: number, where: string): void {
  if (!Number.isFinite(lower) || !Number.isFinite(upper) || lower > upper)
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[${where}] lower and upper must be finite numbers, lower ≤ upper, got ${show(lower)}, ${show(upper)}`,
    )
}

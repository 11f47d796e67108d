import { normalizeAxes } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { toFloat } from './cast.js'
import { checkTensor } from './define.js'
import { div } from './div.js'
import { square } from './square.js'
import { sub } from './sub.js'
import { sum } from './sum.js'

type Axes = number | readonly number[]

/** The mean over one axis, several, or (default) all, in float32; NaN of nothing. */
export function mean(x: Tensor, axis?: Axes, keepDims = false): Tensor {
  const input = toFloat(checkTensor(x, 'mean'))
  return div(sum(input, axis, keepDims), count(input, axis, 'mean'))
}

/**
 * The mean squared distance from the mean, over one axis, several, or (default) all, in float32. Divides by n, as NumPy and
 * Keras do. Two passes, so that a mean far larger than the spread costs no precision.
 */
export function variance(x: Tensor, axis?: Axes, keepDims = false): Tensor {
  const input = toFloat(checkTensor(x, 'variance'))
  return mean(square(sub(input, mean(input, axis, true))), axis, keepDims)
}

function count(x: Tensor, axis: Axes | undefined, op: string): number {
  return normalizeAxes(axis, x.rank, op).reduce((n, a) => n * (x.shape[a] as number), 1)
}

import { checkFlag } from '../native/check.js'
import { normalizeAxes } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { toFloat } from './cast.js'
import { checkTensor } from './define.js'
import { div } from './div.js'
import { square } from './square.js'
import { sub } from './sub.js'
import { sum } from './sum.js'

export type Axes = number | readonly number[]

/** The mean over one axis, several, or (default) all, in float32; NaN of nothing. */
export function mean(x: Tensor, axis?: Axes, keepDims = false): Tensor {
  return average(x, axis, keepDims, 'mean')
}

/**
 * The mean squared distance from the mean, over one axis, several, or (default) all, in float32. Divides by n, as NumPy and
 * Keras do. Two passes, so that a mean far larger than the spread costs no precision.
 */
export function variance(x: Tensor, axis?: Axes, keepDims = false): Tensor {
  const input = toFloat(checkTensor(x, 'variance'))
  return average(square(sub(input, average(input, axis, true, 'variance'))), axis, keepDims, 'variance')
}

function average(x: Tensor, axis: Axes | undefined, keepDims: boolean, op: string): Tensor {
  const input = toFloat(checkTensor(x, op))
  checkFlag(op, 'keepDims', keepDims)
  const axes = normalizeAxes(axis, input.rank, op)
  return div(
    sum(input, axes, keepDims),
    axes.reduce((n, a) => n * (input.shape[a] as number), 1),
  )
}

import type { Tensor } from '../tensor/tensor.js'
import { toFloat } from './cast.js'
import { div } from './div.js'
import { checkReduction } from './reduction.js'
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
  checkReduction(x, axis, keepDims, 'variance')
  const input = toFloat(x)
  return average(square(sub(input, average(input, axis, true, 'variance'))), axis, keepDims, 'variance')
}

function average(x: Tensor, axis: Axes | undefined, keepDims: boolean, op: string): Tensor {
  const axes = checkReduction(x, axis, keepDims, op)
  return div(
    sum(toFloat(x), axes, keepDims),
    axes.reduce((n, a) => n * (x.shape[a] as number), 1),
  )
}

import { reshape } from '../ops/movement.js'
import { type Shape, sameShape } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'

// A model whose samples are single numbers takes them in a row, [n] for [n, 1]; for any other a sample without a batch is a mistake.

const isOneNumber = (shape: Shape | undefined): boolean => shape?.length === 1 && shape[0] === 1

/** A batch as an input of this sample shape takes it. */
export const asBatch = (x: Tensor, shape: Shape | undefined): Tensor =>
  x.rank === 1 && isOneNumber(shape) ? reshape(x, [x.size, 1]) : x

/** One sample's shape, likewise. */
export const asSample = (sampleShape: Shape, shape: Shape | undefined): Shape =>
  sampleShape.length === 0 && isOneNumber(shape) ? [1] : sampleShape

/**
 * A complaint about samples that lack the first axis of an input, and nothing else: most likely there is one sample, not a batch. Null
 * where that is not so.
 */
export function lackOfBatchAxis(sampleShape: Shape, shape: Shape | undefined): string | null {
  if (shape === undefined || shape.length === 0 || !sameShape(sampleShape, shape.slice(1))) return null
  const batch = (sample: Shape): string => `[${['batch', ...sample].join(', ')}]`
  return `takes ${batch(shape)}, got ${batch(sampleShape)}: for a single sample add a batch axis, as in [sample] or sample.expandDims(0)`
}

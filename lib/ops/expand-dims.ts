import { MyelinError } from '../core/error.js'
import { formatShape, normalizeAxes, normalizeAxis } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { checkTensor } from './define.js'
import { reshape } from './reshape.js'

// Axes of size 1 come and go; both share storage.

/** A new axis of size 1 before `axis` (default 0; negative counts from the end of the result: −1 adds a last one). */
export function expandDims(x: Tensor, axis = 0): Tensor {
  const at = normalizeAxis(axis, checkTensor(x, 'expandDims').rank + 1, 'expandDims')
  return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)])
}

/**
 * Without the named axes, which must have size 1, or (default) without all that have.
 * @throws MyelinError ERR_SHAPE for a named axis of another size
 */
export function squeeze(x: Tensor, axis?: number | readonly number[]): Tensor {
  const { shape, rank } = checkTensor(x, 'squeeze')
  if (axis === undefined)
    return reshape(
      x,
      shape.filter((n) => n !== 1),
    )
  const axes = normalizeAxes(axis, rank, 'squeeze')
  const wrong = axes.find((a) => shape[a] !== 1)
  if (wrong !== undefined)
    throw new MyelinError(
      'ERR_SHAPE',
      `[squeeze] axis ${wrong} has size ${shape[wrong]}, not 1: the shape is ${formatShape(shape)}`,
    )
  return reshape(
    x,
    shape.filter((_, i) => !axes.includes(i)),
  )
}

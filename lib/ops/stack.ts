import { MyelinError } from '../core/error.js'
import { freeOnFailure } from '../tensor/scope.js'
import { formatShape, normalizeAxis, sameShape } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { concat } from './concat.js'
import { checkTensor } from './define.js'
import { expandDims } from './expand-dims.js'

/**
 * Tensors of one shape side by side along a new axis (default 0; negative counts from the end of the result).
 * @throws MyelinError ERR_SHAPE, ERR_ARGUMENT for none
 */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  if (!Array.isArray(tensors) || tensors.length === 0)
    throw new MyelinError('ERR_ARGUMENT', '[stack] needs an array of at least one tensor')
  const { shape, rank } = checkTensor(tensors[0], 'stack', 'tensors[0]')
  for (const [i, x] of tensors.entries()) {
    if (!sameShape(checkTensor(x, 'stack', `tensors[${i}]`).shape, shape))
      throw new MyelinError(
        'ERR_SHAPE',
        `[stack] all shapes must agree: tensors[0] is ${formatShape(shape)}, tensors[${i}] is ${formatShape(x.shape)}`,
      )
  }
  const at = normalizeAxis(axis, rank + 1, 'stack')
  return freeOnFailure(() =>
    concat(
      tensors.map((x) => expandDims(x, at)),
      at,
    ),
  )
}

import { MyelinError } from '../native/error.js'
import { formatShape, normalizeAxis } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { toArithmetic } from './cast.js'
import { checkTensor } from './define.js'
import { reduceAxes, reduction } from './reduction.js'
import { reshape } from './reshape.js'

/** The position of the largest element along an axis (default: in all, flattened), the first of several; int32, no gradient. */
export const argMax = position('argMax')

/** The position of the smallest element along an axis (default: in all, flattened), the first of several; int32, no gradient. */
export const argMin = position('argMin')

function position(name: string) {
  const op = reduction(name, { dtype: 'int32' })
  return (x: Tensor, axis?: number, keepDims = false): Tensor => {
    const input = toArithmetic(checkTensor(x, name))
    if (input.size === 0)
      throw new MyelinError('ERR_SHAPE', `[${name}] of nothing: the shape is ${formatShape(input.shape)}`)
    if (axis !== undefined) return reduceAxes(op, input, [normalizeAxis(axis, input.rank, name)], keepDims)
    const all = reduceAxes(op, reshape(input, [input.size]), [0], false)
    return keepDims
      ? reshape(
          all,
          input.shape.map(() => 1),
        )
      : all
  }
}

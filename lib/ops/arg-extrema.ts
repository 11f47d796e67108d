import { checkFlag } from '../core/check.js'
import { normalizeAxis } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { toArithmetic } from './cast.js'
import { checkTensor } from './define.js'
import { reduceAxes, reduction, refuseNothing } from './reduction.js'
import { reshape } from './reshape.js'

/** The position of the largest element along an axis (default: in all, flattened), the first of several; int32, no gradient. */
export const argMax = position('argMax')

/** The position of the smallest element along an axis (default: in all, flattened), the first of several; int32, no gradient. */
export const argMin = position('argMin')

function position(name: string) {
  const op = reduction(name, { dtype: 'int32' })
  return (x: Tensor, axis?: number, keepDims = false): Tensor => {
    checkTensor(x, name)
    const axes = axis === undefined ? x.shape.map((_, i) => i) : [normalizeAxis(axis, x.rank, name)]
    checkFlag(name, 'keepDims', keepDims)
    refuseNothing(name, x, axes)
    const input = toArithmetic(x)
    if (axis !== undefined) return reduceAxes(op, input, axes, keepDims)
    const all = reduceAxes(op, reshape(input, [input.size]), [0], false)
    return keepDims
      ? reshape(
          all,
          input.shape.map(() => 1),
        )
      : all
  }
}

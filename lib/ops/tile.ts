import { MyelinError } from '../core/error.js'
import { isListOf } from '../core/kinds.js'
import { show } from '../core/show.js'
import { checkShape, formatShape, sizeOf } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { checkTensor } from './define.js'
import { reshape } from './reshape.js'
import { broadcastTo } from './sum.js'

/**
 * x repeated `repeats[i]` times along axis i, as NumPy: with fewer repeats than axes they count for the last axes, with more
 * the result has new axes in front.
 * @throws MyelinError ERR_ARGUMENT
 */
export function tile(x: Tensor, repeats: number | readonly number[]): Tensor {
  const { shape, rank } = checkTensor(x, 'tile')
  const given = typeof repeats === 'number' ? [repeats] : repeats
  if (!isListOf(given, (n) => Number.isInteger(n) && (n as number) >= 0))
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[tile] repeats must be whole numbers from 0 for the axes of ${formatShape(shape)}, got ${show(repeats)}`,
    )
  const all = Math.max(rank, given.length)
  const times = [...new Array<number>(all - given.length).fill(1), ...given]
  const sizes = [...new Array<number>(all - rank).fill(1), ...shape]
  checkShape(
    sizes.map((n, i) => n * (times[i] as number)),
    'tile',
  )
  let result = x
  times.forEach((count, axis) => {
    if (count === 1) return
    // What stands before the axis, and what lies behind one index of it, repeated as a whole.
    const [before, behind] = [sizeOf(sizes.slice(0, axis)), sizeOf(sizes.slice(axis))]
    result = broadcastTo(reshape(result, [before, 1, behind]), [before, count, behind])
    sizes[axis] = (sizes[axis] as number) * count
  })
  return reshape(result, sizes)
}

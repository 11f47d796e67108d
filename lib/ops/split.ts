import { MyelinError } from '../core/error.js'
import { show } from '../core/show.js'
import { formatShape, normalizeAxis } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { checkTensor } from './define.js'
import { slice } from './slice.js'

/**
 * x cut up along an axis (default 0): what `concat` joins again.
 * @param sizesOrCount the size of each part, or how many equal parts
 * @throws MyelinError ERR_ARGUMENT if the sizes do not add up to the axis' size, or the count does not divide it
 */
export function split(x: Tensor, sizesOrCount: number | readonly number[], axis = 0): Tensor[] {
  const along = normalizeAxis(axis, checkTensor(x, 'split').rank, 'split')
  let end = 0
  return partSizes(x, sizesOrCount, along).map((size) => {
    const begin = x.shape.map((_, i) => (i === along ? end : 0))
    end += size
    return slice(
      x,
      begin,
      x.shape.map((n, i) => (i === along ? size : n)),
    )
  })
}

function partSizes(x: Tensor, sizesOrCount: number | readonly number[], axis: number): readonly number[] {
  const n = x.shape[axis] as number
  if (typeof sizesOrCount === 'number') {
    if (Number.isInteger(sizesOrCount) && sizesOrCount > 0 && n % sizesOrCount === 0)
      return new Array<number>(sizesOrCount).fill(n / sizesOrCount)
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[split] axis ${axis} of ${formatShape(x.shape)} cannot be cut into ${sizesOrCount} equal parts`,
    )
  }
  // A copy, whose holes are undefined.
  const sizes: readonly number[] = Array.isArray(sizesOrCount) ? [...sizesOrCount] : []
  if (sizes.length > 0 && sizes.every((s) => Number.isInteger(s) && s >= 0) && sizes.reduce((a, b) => a + b) === n)
    return sizes
  throw new MyelinError(
    'ERR_ARGUMENT',
    `[split] needs a count, or whole sizes that add up to ${n}, axis ${axis} of ${formatShape(x.shape)}; got ${show(sizesOrCount)}`,
  )
}

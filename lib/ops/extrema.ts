import type { Gradient } from '../tensor/op.js'
import type { Tensor } from '../tensor/tensor.js'
import { cast, toArithmetic } from './cast.js'
import { equal } from './compare.js'
import { div } from './div.js'
import { mul } from './mul.js'
import { checkReduction, type Reduction, reduceAxes, reduction, refuseNothing } from './reduction.js'
import { reshape } from './reshape.js'
import { spread, sum } from './sum.js'

// Elements that tie for the extreme share its gradient equally.
const shared: Gradient<Reduction> = ({ inputs: [input], outputs: [y], attrs: { outer, n, inner, kept } }, [dy]) => {
  const x = input as Tensor
  const ties = reshape(cast(equal(x, spread(y as Tensor, kept, x.shape)), 'float32'), [outer, n, inner])
  const share = div(ties, sum(ties, 1, true))
  return [mul(spread(dy as Tensor, kept, x.shape), reshape(share, x.shape))]
}

const maxOp = reduction('max', { gradient: shared, saves: 'both' })
const minOp = reduction('min', { gradient: shared, saves: 'both' })

/** The largest element over one axis, several, or (default) all; NaN if there is one. Not of nothing (ERR_SHAPE). */
export const max = extreme('max', maxOp)

/** The smallest element over one axis, several, or (default) all; NaN if there is one. Not of nothing (ERR_SHAPE). */
export const min = extreme('min', minOp)

function extreme(name: string, op: typeof maxOp) {
  return (x: Tensor, axis?: number | readonly number[], keepDims = false): Tensor => {
    const axes = checkReduction(x, axis, keepDims, name)
    refuseNothing(name, x, axes)
    return reduceAxes(op, toArithmetic(x), axes, keepDims)
  }
}

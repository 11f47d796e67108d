import { MyelinError } from '../core/error.js'
import { show } from '../core/show.js'
import type { Tensor } from '../tensor/tensor.js'
import { cast } from './cast.js'
import { greaterEqual, lessEqual } from './compare.js'
import { unaryWith } from './elementwise.js'
import { mul } from './mul.js'

const clipped = unaryWith('clip', {
  gradient: ({ inputs: [x], attrs: [min = 0, max = 0] }, [dy]) => {
    const inside = mul(cast(greaterEqual(x as Tensor, min), 'float32'), cast(lessEqual(x as Tensor, max), 'float32'))
    return [mul(dy as Tensor, inside)]
  },
})

/** x where it lies in [min, max], else the nearer bound; NaN stays. The derivative is 1 inside, bounds included, and 0 outside. */
export function clip(x: Tensor, min: number, max: number): Tensor {
  if (typeof min !== 'number' || typeof max !== 'number' || !(min <= max))
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[clip] min and max must be numbers, min ≤ max (−Infinity, Infinity: no bound), got ${show(min)}, ${show(max)}`,
    )
  return clipped(x, [min, max])
}

import { checkAbove } from '../core/check.js'
import type { Tensor } from '../tensor/tensor.js'
import { cast } from './cast.js'
import { lessEqual } from './compare.js'
import { gradientOf, unaryWith } from './elementwise.js'
import { mul } from './mul.js'

const continuous = unaryWith('celu', {
  gradient: ({ outputs: [y], attrs }, [dy]) => [celuGrad(y as Tensor, dy as Tensor, attrs)],
  saves: 'outputs',
})

/** dy where y > 0, else (y/α + 1)·dy. */
const celuGrad: (y: Tensor, dy: Tensor, attrs?: readonly number[]) => Tensor = gradientOf(
  'celuGrad',
  ({ inputs: [y, dy], attrs }, [ddx]) => [
    mul(mul(ddx as Tensor, dy as Tensor), mul(cast(lessEqual(y as Tensor, 0), 'float32'), 1 / (attrs[0] as number))),
    celuGrad(y as Tensor, ddx as Tensor, attrs),
  ],
)

/** x above 0, α·(e^(x/α) − 1) below, α > 0 (default 1): an ELU whose derivative at 0 is 1 for any α (Barron 2017). */
export function celu(x: Tensor, alpha = 1): Tensor {
  return continuous(x, [checkAbove('celu', 'alpha', alpha, 0)])
}

import { checkRange } from '../core/check.js'
import type { Tensor } from '../tensor/tensor.js'
import { cast } from './cast.js'
import { lessEqual } from './compare.js'
import { gradientOf, unaryWith } from './elementwise.js'
import { mul } from './mul.js'

const exponentialLinear = unaryWith('elu', {
  gradient: ({ outputs: [y], attrs }, [dy]) => [eluGrad(y as Tensor, dy as Tensor, attrs)],
  saves: 'outputs',
})

/** dy where y > 0, else (y + α)·dy. @internal */
export const eluGrad: (y: Tensor, dy: Tensor, attrs?: readonly number[]) => Tensor = gradientOf(
  'eluGrad',
  ({ inputs: [y, dy], attrs }, [ddx]) => [
    mul(mul(ddx as Tensor, dy as Tensor), cast(lessEqual(y as Tensor, 0), 'float32')),
    eluGrad(y as Tensor, ddx as Tensor, attrs),
  ],
)

/** x above 0, α·(eˣ − 1) below, α ≥ 0 (default 1). The derivative at 0 is α (Clevert et al. 2016). */
export function elu(x: Tensor, alpha = 1): Tensor {
  return exponentialLinear(x, [checkRange('elu', 'alpha', alpha, 0)])
}

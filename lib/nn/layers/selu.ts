import { selu as seluOp } from '../../ops/index.js'
import type { Tensor } from '../../tensor/tensor.js'
import type { LayerOptions } from '../layer.js'
import { SameShapeLayer } from './same-shape-layer.js'

/** λ·x above 0, λ·α·(eˣ − 1) below, α = 1.6732632423543772, λ = 1.0507009873554805 (Klambauer et al. 2017). */
export class Selu extends SameShapeLayer {
  static override readonly className = 'Selu'
  /** @internal */
  static override readonly schema = {}

  override call(x: Tensor): Tensor {
    return seluOp(x)
  }
}

/** Scaled ELU, which with `lecunNormal` keeps mean 0 and variance 1 from layer to layer. */
export const selu = (options?: LayerOptions): Selu => new Selu(options)

import { reshape } from '../../ops/index.js'
import { type Shape, sizeOf } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import { Layer, type LayerOptions } from '../layer.js'

/** [batch, …] → [batch, features]. */
export class Flatten extends Layer {
  static override readonly className = 'Flatten'
  /** @internal */
  static override readonly schema = {}

  override call(x: Tensor): Tensor {
    if (x.rank === 2) return x
    return reshape(x, [this.batchOf(x), sizeOf(x.shape.slice(1))])
  }

  override computeOutputShape(inputShape: Shape): Shape {
    return [sizeOf(this.sampleShape(inputShape))]
  }
}

/** Lays each sample out along one axis. */
export const flatten = (options?: LayerOptions): Flatten => new Flatten(options)

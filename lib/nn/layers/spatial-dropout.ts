import { dropout, mul } from '../../ops/index.js'
import { ones } from '../../tensor/creation.js'
import type { RandomAddress } from '../../tensor/random.js'
import { formatShape, type Shape } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import { RateLayer, type RateOptions, rateSchema } from './noise-layer.js'

export type SpatialDropoutOptions = RateOptions

/**
 * In training, sets a random share of the channels (the last axis) of each sample [..., channels] to 0 as a whole and divides the
 * others by 1 − rate; else the identity. For samples of two axes or more: Keras' SpatialDropout1D, 2D and 3D in one.
 */
export class SpatialDropout extends RateLayer {
  static override readonly className = 'SpatialDropout'
  /** @internal */
  static override readonly schema = rateSchema

  override computeOutputShape(inputShape: Shape): Shape {
    if (this.sampleShape(inputShape).length >= 2) return inputShape
    throw this.misshapen(
      `needs samples of two axes or more, […, channels], got ${formatShape(inputShape)} (without the batch axis)`,
    )
  }

  protected override disturb(x: Tensor, address: RandomAddress): Tensor {
    const last = x.rank - 1
    const channels = x.shape.map((size, axis) => (axis === 0 || axis === last ? size : 1))
    return mul(x, dropout(ones(channels), this.options.rate, address))
  }
}

/** Dropout of whole channels (Tompson et al. 2014): where neighbours are alike, dropping single elements would change little. */
export const spatialDropout = (options: SpatialDropoutOptions): SpatialDropout => new SpatialDropout(options)

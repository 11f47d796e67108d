import { dropout as dropoutOp } from '../../ops/index.js'
import type { RandomAddress } from '../../tensor/random.js'
import type { Tensor } from '../../tensor/tensor.js'
import { RateLayer, type RateOptions, rateSchema } from './noise-layer.js'

export type DropoutOptions = RateOptions

/** In training, sets a random share of the inputs to 0 and divides the others by 1 − rate; else the identity. */
export class Dropout extends RateLayer {
  static override readonly className = 'Dropout'
  /** @internal */
  static override readonly schema = rateSchema

  protected override disturb(x: Tensor, address: RandomAddress): Tensor {
    return dropoutOp(x, this.options.rate, address)
  }
}

/** Dropout (Srivastava et al. 2014), inverted: nothing is to be rescaled afterwards. */
export const dropout = (options: DropoutOptions): Dropout => new Dropout(options)

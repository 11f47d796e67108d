import { add, mul, where } from '../../ops/index.js'
import { draw } from '../../tensor/creation.js'
import type { RandomAddress } from '../../tensor/random.js'
import type { Tensor } from '../../tensor/tensor.js'
import { RateLayer, type RateOptions, rateSchema } from './noise-layer.js'

export type AlphaDropoutOptions = RateOptions

/** The limit of SELU for very negative inputs: −λα. */
const saturation = -1.0507009873554805 * 1.6732632423543772

/**
 * In training, sets a random share of the inputs to SELU's negative limit α′ = −1.758 and maps the result by a·x + b, with
 * a = ((1 − rate)(1 + rate·α′²))^−½ and b = −a·α′·rate: inputs of mean 0 and variance 1 keep both. Else the identity.
 */
export class AlphaDropout extends RateLayer {
  static override readonly className = 'AlphaDropout'
  /** @internal */
  static override readonly schema = rateSchema

  protected override disturb(x: Tensor, address: RandomAddress): Tensor {
    const { rate } = this.options
    const a = ((1 - rate) * (1 + rate * saturation ** 2)) ** -0.5
    const kept = draw('bernoulli', x.shape, [1 - rate], address)
    return add(mul(where(kept, x, saturation), a), -a * saturation * rate)
  }
}

/** Dropout for self-normalizing networks of SELU layers (Klambauer et al. 2017). */
export const alphaDropout = (options: AlphaDropoutOptions): AlphaDropout => new AlphaDropout(options)

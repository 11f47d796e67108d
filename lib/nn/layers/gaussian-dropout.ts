import { mul } from '../../ops/index.js'
import { draw } from '../../tensor/creation.js'
import type { RandomAddress } from '../../tensor/random.js'
import type { Tensor } from '../../tensor/tensor.js'
import { RateLayer, type RateOptions, rateSchema } from './noise-layer.js'

export type GaussianDropoutOptions = RateOptions

/** In training, multiplies each input by a draw from N(1, rate / (1 − rate)), the variance that dropout has; else the identity. */
export class GaussianDropout extends RateLayer {
  static override readonly className = 'GaussianDropout'
  /** @internal */
  static override readonly schema = rateSchema

  protected override disturb(x: Tensor, address: RandomAddress): Tensor {
    return mul(x, draw('randomNormal', x.shape, [1, Math.sqrt(this.options.rate / (1 - this.options.rate))], address))
  }
}

/** Multiplicative Gaussian noise in the place of dropout (Srivastava et al. 2014, section 10). */
export const gaussianDropout = (options: GaussianDropoutOptions): GaussianDropout => new GaussianDropout(options)

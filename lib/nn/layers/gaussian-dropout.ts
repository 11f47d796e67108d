import { mul } from '../../ops/index.js'
import { draw } from '../../tensor/creation.js'
import type { RandomAddress } from '../../tensor/random.js'
import type { Tensor } from '../../tensor/tensor.js'
import type { LayerOptions } from '../layer.js'
import type { OptionTable } from '../options.js'
import { RateLayer, type RateOptions } from './noise-layer.js'

export type GaussianDropoutOptions = RateOptions

/** In training, multiplies each input by a draw from N(1, rate / (1 − rate)), the variance that dropout has; else the identity. */
export class GaussianDropout extends RateLayer {
  static override readonly className = 'GaussianDropout'
  static override readonly options = { rate: 'required', seed: 'optional' } satisfies OptionTable<
    GaussianDropoutOptions,
    LayerOptions
  >

  protected override disturb(x: Tensor, address: RandomAddress): Tensor {
    return mul(x, draw('randomNormal', x.shape, [1, Math.sqrt(this.rate / (1 - this.rate))], address))
  }
}

/** Multiplicative Gaussian noise in the place of dropout (Srivastava et al. 2014, section 10). */
export const gaussianDropout = (options: GaussianDropoutOptions): GaussianDropout => new GaussianDropout(options)

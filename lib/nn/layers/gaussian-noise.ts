import { add } from '../../ops/index.js'
import { draw } from '../../tensor/creation.js'
import type { RandomAddress } from '../../tensor/random.js'
import type { Tensor } from '../../tensor/tensor.js'
import type { LayerOptions } from '../layer.js'
import type { OptionTable } from '../options.js'
import { NoiseLayer, type NoiseOptions } from './noise-layer.js'

export interface GaussianNoiseOptions extends NoiseOptions {
  /** The noise's standard deviation, from 0. */
  stddev: number
}

/** In training, adds a draw from N(0, stddev²) to each input; else the identity. */
export class GaussianNoise extends NoiseLayer {
  static override readonly className = 'GaussianNoise'
  static override readonly options = { stddev: 'required', seed: 'optional' } satisfies OptionTable<
    GaussianNoiseOptions,
    LayerOptions
  >
  readonly stddev: number

  constructor(options: GaussianNoiseOptions) {
    super(options)
    const { stddev } = options
    if (!(this.checkFinite('stddev', stddev) >= 0)) throw this.wrong(`stddev must not be negative, got ${stddev}`)
    this.stddev = stddev
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), stddev: this.stddev }
  }

  protected override get strength(): number {
    return this.stddev
  }

  protected override disturb(x: Tensor, address: RandomAddress): Tensor {
    return add(x, draw('randomNormal', x.shape, [0, this.stddev], address))
  }
}

/** Additive Gaussian noise, which keeps a network from relying on exact inputs. */
export const gaussianNoise = (options: GaussianNoiseOptions): GaussianNoise => new GaussianNoise(options)

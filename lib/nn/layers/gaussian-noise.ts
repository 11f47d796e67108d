import { required, type Schema, type ValuesOf } from '../../core/schema.js'
import { add } from '../../ops/index.js'
import { draw } from '../../tensor/creation.js'
import type { RandomAddress } from '../../tensor/random.js'
import type { Tensor } from '../../tensor/tensor.js'
import type { LayerOptions } from '../layer.js'
import { checkNotNegative } from '../option-checks.js'
import { NoiseLayer, type NoiseOptions, noiseSchema } from './noise-layer.js'

export interface GaussianNoiseOptions extends NoiseOptions {
  /** The noise's standard deviation, from 0. */
  stddev: number
}

const schema = { ...noiseSchema, stddev: required(checkNotNegative) } satisfies Schema<
  GaussianNoiseOptions,
  LayerOptions
>

/** In training, adds a draw from N(0, stddev²) to each input; else the identity. */
export class GaussianNoise extends NoiseLayer {
  static override readonly className = 'GaussianNoise'
  /** @internal */
  static override readonly schema = schema
  declare readonly options: ValuesOf<typeof schema, GaussianNoiseOptions>

  constructor(options: GaussianNoiseOptions) {
    super(options)
  }

  protected override get strength(): number {
    return this.options.stddev
  }

  protected override disturb(x: Tensor, address: RandomAddress): Tensor {
    return add(x, draw('randomNormal', x.shape, [0, this.options.stddev], address))
  }
}

/** Additive Gaussian noise, which keeps a network from relying on exact inputs. */
export const gaussianNoise = (options: GaussianNoiseOptions): GaussianNoise => new GaussianNoise(options)

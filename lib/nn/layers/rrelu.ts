import { asGiven, optional, type Schema, type ValuesOf } from '../../core/schema.js'
import { checkSlopes } from '../../ops/activations.js'
import { rrelu as rreluOp } from '../../ops/index.js'
import { streams } from '../../tensor/random.js'
import type { Tensor } from '../../tensor/tensor.js'
import type { CallOptions, LayerOptions } from '../layer.js'
import { NoiseSource } from '../noise-source.js'
import { seedOption } from '../option-checks.js'
import { SameShapeLayer } from './same-shape-layer.js'

export interface RreluOptions extends LayerOptions {
  /** The smallest slope below 0. Default 1/8. */
  lower?: number
  /** The largest slope below 0, from `lower`. Default 1/3. */
  upper?: number
  /** Fixes the slopes, whatever `setSeed` says. Default: the layer's own stream under `setSeed`. */
  seed?: number
}

const schema = {
  lower: optional(asGiven<number>, 1 / 8),
  upper: optional(asGiven<number>, 1 / 3),
  seed: seedOption(),
} satisfies Schema<RreluOptions, LayerOptions>

/** x above 0; below, a·x with a ~ U[lower, upper) for each element in training, else (lower + upper)/2 (Xu et al. 2015). */
export class Rrelu extends SameShapeLayer {
  static override readonly className = 'Rrelu'
  /** @internal */
  static override readonly schema = schema
  declare readonly options: ValuesOf<typeof schema, RreluOptions>
  private readonly noise: NoiseSource

  constructor(options: RreluOptions = {}) {
    super(options)
    const { lower, upper, seed } = this.options
    checkSlopes(lower, upper, this.where)
    this.noise = new NoiseSource(this, seed, streams.creation)
  }

  override call(x: Tensor, options: CallOptions = {}): Tensor {
    this.checkCallOptions(options)
    const { training = false } = options
    const { lower, upper } = this.options
    return rreluOp(x, training ? { lower, upper, training, ...this.noise.next() } : { lower, upper })
  }
}

/** Randomized leaky ReLU, which is a regularizer as well. */
export const rrelu = (options?: RreluOptions): Rrelu => new Rrelu(options)

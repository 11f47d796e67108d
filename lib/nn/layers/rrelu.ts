import { checkSlopes } from '../../ops/activations.js'
import { rrelu as rreluOp } from '../../ops/index.js'
import { streams } from '../../tensor/random.js'
import type { Tensor } from '../../tensor/tensor.js'
import type { CallOptions, LayerOptions } from '../layer.js'
import { NoiseSource } from '../noise-source.js'
import type { OptionTable } from '../options.js'
import { SameShapeLayer } from './same-shape-layer.js'

export interface RreluOptions extends LayerOptions {
  /** The smallest slope below 0. Default 1/8. */
  lower?: number
  /** The largest slope below 0, from `lower`. Default 1/3. */
  upper?: number
  /** Fixes the slopes, whatever `setSeed` says. Default: the layer's own stream under `setSeed`. */
  seed?: number
}

/** x above 0; below, a·x with a ~ U[lower, upper) for each element in training, else (lower + upper)/2 (Xu et al. 2015). */
export class Rrelu extends SameShapeLayer {
  static override readonly className = 'Rrelu'
  static override readonly options = { lower: 'optional', upper: 'optional', seed: 'optional' } satisfies OptionTable<
    RreluOptions,
    LayerOptions
  >
  readonly lower: number
  readonly upper: number
  readonly seed?: number
  private readonly noise: NoiseSource

  constructor(options: RreluOptions = {}) {
    super(options)
    const { lower = 1 / 8, upper = 1 / 3, seed } = options
    checkSlopes(lower, upper, this.where)
    this.lower = lower
    this.upper = upper
    this.noise = new NoiseSource(this, this.where, seed, streams.creation)
    this.seed = seed
  }

  override call(x: Tensor, options: CallOptions = {}): Tensor {
    this.checkCallOptions(options)
    const { training = false } = options
    const { lower, upper } = this
    return rreluOp(x, training ? { lower, upper, training, ...this.noise.next() } : { lower, upper })
  }

  override getConfig(): Record<string, unknown> {
    const { lower, upper, seed } = this
    return { ...super.getConfig(), lower, upper, ...(seed !== undefined && { seed }) }
  }
}

/** Randomized leaky ReLU, which is a regularizer as well. */
export const rrelu = (options?: RreluOptions): Rrelu => new Rrelu(options)

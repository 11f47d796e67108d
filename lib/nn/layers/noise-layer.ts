import { from, required, type Schema, type ValuesOf } from '../../core/schema.js'
import { nothingOf } from '../../ops/random.js'
import type { RandomAddress } from '../../tensor/random.js'
import type { Shape } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import { type CallOptions, Layer, type LayerOptions } from '../layer.js'
import { NoiseSource } from '../noise-source.js'
import { seedOption } from '../option-checks.js'

export interface NoiseOptions extends LayerOptions {
  /** Fixes the draws, whatever `setSeed` says; a whole number from 0. Default: the layer's own stream under `setSeed`. */
  seed?: number
}

export interface RateOptions extends NoiseOptions {
  /** The share that is dropped, from 0 to 1; of 1 nothing is left but zeros. */
  rate: number
}

/** The options of a layer that draws. */
export const noiseSchema = { seed: seedOption() } satisfies Schema<NoiseOptions, LayerOptions>

/** The options of a layer that drops a share. */
export const rateSchema = {
  ...noiseSchema,
  rate: required(from(0, 1)),
} satisfies Schema<RateOptions, LayerOptions>

/** A layer that disturbs its inputs at random in training, and is the identity otherwise. */
export abstract class NoiseLayer extends Layer {
  declare readonly options: ValuesOf<typeof noiseSchema, NoiseOptions>
  private readonly noise: NoiseSource

  constructor(options: NoiseOptions) {
    super(options)
    this.noise = new NoiseSource(this, this.options.seed)
  }

  override call(x: Tensor, options: CallOptions = {}): Tensor {
    if (!this.isOn(options) || this.strength === 0) return x
    if (this.leavesNothing) return nothingOf(x)
    return this.disturb(x, this.noise.next())
  }

  override computeOutputShape(inputShape: Shape): Shape {
    return this.sampleShape(inputShape)
  }

  /** Whether it disturbs in a call. */
  protected isOn(options: CallOptions): boolean {
    this.checkCallOptions(options)
    const { training = false } = options
    return training
  }

  /** How much it disturbs; at 0 nothing is drawn. */
  protected abstract get strength(): number

  /** Whether all inputs are dropped. */
  protected get leavesNothing(): boolean {
    return false
  }

  /** The inputs, disturbed by the draws at an address. */
  protected abstract disturb(x: Tensor, address: RandomAddress): Tensor
}

/** A layer that drops a share of its inputs, or does what amounts to it. */
export abstract class RateLayer extends NoiseLayer {
  /** @internal */
  static override readonly schema = rateSchema
  declare readonly options: ValuesOf<typeof rateSchema, RateOptions>

  constructor(options: RateOptions) {
    super(options)
  }

  protected override isOn(options: CallOptions): boolean {
    this.checkCallOptions(options)
    const { training = false, dropout = training } = options
    return dropout
  }

  protected override get strength(): number {
    return this.options.rate
  }

  protected override get leavesNothing(): boolean {
    return this.options.rate === 1
  }
}

import { dropout as dropoutOp } from '../../ops/index.js'
import { nextCall, nextStream } from '../../tensor/random.js'
import type { Shape } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import { type CallOptions, Layer, type LayerOptions } from '../layer.js'
import type { OptionTable } from '../options.js'

export interface DropoutOptions extends LayerOptions {
  /** The share of the inputs that is set to 0 in training, in [0, 1). */
  rate: number
  /** Fixes the masks, whatever `setSeed` says. Default: the layer's own stream under `setSeed`. */
  seed?: number
}

/** Below the streams that layers count, above those of tensor/random.ts. */
const seededStream = 8

/** In training, sets a random share of the inputs to 0 and divides the others by 1 − rate; else the identity. */
export class Dropout extends Layer {
  static override readonly className = 'Dropout'
  static override readonly options = { rate: 'required', seed: 'optional' } satisfies OptionTable<
    DropoutOptions,
    LayerOptions
  >
  readonly rate: number
  readonly seed?: number
  private readonly stream: number

  constructor(options: DropoutOptions) {
    super(options)
    const { rate, seed } = options
    if (typeof rate !== 'number' || !(rate >= 0 && rate < 1))
      throw this.wrong(`rate must lie in [0, 1), got ${String(rate)}`)
    this.rate = rate
    if (seed !== undefined && !(Number.isSafeInteger(seed) && seed >= 0))
      throw this.wrong(`seed must be a whole number from 0, got ${String(seed)}`)
    this.seed = seed
    this.stream = seed === undefined ? nextStream() : seededStream
  }

  override call(x: Tensor, { training = false }: CallOptions = {}): Tensor {
    if (!training || this.rate === 0) return x
    const { seed, stream } = this
    return dropoutOp(x, this.rate, { seed, stream, call: nextCall(seed === undefined ? stream : this) })
  }

  override computeOutputShape(inputShape: Shape): Shape {
    return inputShape
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), rate: this.rate, ...(this.seed !== undefined && { seed: this.seed }) }
  }
}

/** Dropout (Srivastava et al. 2014), inverted: nothing is to be rescaled afterwards. */
export const dropout = (options: DropoutOptions): Dropout => new Dropout(options)

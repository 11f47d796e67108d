import { add, cast, mul } from '../../ops/index.js'
import type { Shape } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import { Layer, type LayerOptions } from '../layer.js'
import type { OptionTable } from '../options.js'

export interface RescalingOptions extends LayerOptions {
  scale: number
  /** Default 0. */
  offset?: number
}

/** x·scale + offset, in float32. */
export class Rescaling extends Layer {
  static override readonly className = 'Rescaling'
  static override readonly options = { scale: 'required', offset: 'optional' } satisfies OptionTable<
    RescalingOptions,
    LayerOptions
  >
  readonly scale: number
  readonly offset: number

  constructor(options: RescalingOptions) {
    super(options)
    const { scale, offset = 0 } = options
    this.scale = this.checkFinite('scale', scale)
    this.offset = this.checkFinite('offset', offset)
  }

  override call(x: Tensor): Tensor {
    const scaled = mul(cast(x, 'float32'), this.scale)
    return this.offset === 0 ? scaled : add(scaled, this.offset)
  }

  override computeOutputShape(inputShape: Shape): Shape {
    return this.sampleShape(inputShape)
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), scale: this.scale, offset: this.offset }
  }
}

/** Brings inputs to another range: `rescaling({ scale: 1 / 255 })` takes bytes to [0, 1]. */
export const rescaling = (options: RescalingOptions): Rescaling => new Rescaling(options)

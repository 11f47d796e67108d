import { checkFinite } from '../../core/check.js'
import { optional, required, type Schema, type ValuesOf } from '../../core/schema.js'
import { add, cast, mul } from '../../ops/index.js'
import type { Shape } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import { Layer, type LayerOptions } from '../layer.js'

export interface RescalingOptions extends LayerOptions {
  scale: number
  /** Default 0. */
  offset?: number
}

const schema = { scale: required(checkFinite), offset: optional(checkFinite, 0) } satisfies Schema<
  RescalingOptions,
  LayerOptions
>

/** x·scale + offset, in float32. */
export class Rescaling extends Layer {
  static override readonly className = 'Rescaling'
  /** @internal */
  static override readonly schema = schema
  declare readonly options: ValuesOf<typeof schema, RescalingOptions>

  constructor(options: RescalingOptions) {
    super(options)
  }

  override call(x: Tensor): Tensor {
    const { scale, offset } = this.options
    const scaled = mul(cast(x, 'float32'), scale)
    return offset === 0 ? scaled : add(scaled, offset)
  }

  override computeOutputShape(inputShape: Shape): Shape {
    return this.sampleShape(inputShape)
  }
}

/** Brings inputs to another range: `rescaling({ scale: 1 / 255 })` takes bytes to [0, 1]. */
export const rescaling = (options: RescalingOptions): Rescaling => new Rescaling(options)

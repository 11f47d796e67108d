import { checkFinite } from '../../core/check.js'
import { optional, type Schema, type ValuesOf } from '../../core/schema.js'
import { leakyRelu as leakyReluOp } from '../../ops/index.js'
import type { Tensor } from '../../tensor/tensor.js'
import type { LayerOptions } from '../layer.js'
import { SameShapeLayer } from './same-shape-layer.js'

export interface LeakyReluOptions extends LayerOptions {
  /** The slope below 0, a finite number. Default 0.3. */
  negativeSlope?: number
}

const schema = { negativeSlope: optional(checkFinite, 0.3) } satisfies Schema<LeakyReluOptions, LayerOptions>

/** x above 0, negativeSlope·x below (Maas et al. 2013). */
export class LeakyRelu extends SameShapeLayer {
  static override readonly className = 'LeakyRelu'
  /** @internal */
  static override readonly schema = schema
  declare readonly options: ValuesOf<typeof schema, LeakyReluOptions>

  constructor(options: LeakyReluOptions = {}) {
    super(options)
  }

  override call(x: Tensor): Tensor {
    return leakyReluOp(x, this.options.negativeSlope)
  }
}

/** Leaky ReLU: its gradient does not die below 0. */
export const leakyRelu = (options?: LeakyReluOptions): LeakyRelu => new LeakyRelu(options)

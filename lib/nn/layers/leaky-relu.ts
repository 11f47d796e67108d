import { leakyRelu as leakyReluOp } from '../../ops/index.js'
import type { Tensor } from '../../tensor/tensor.js'
import type { LayerOptions } from '../layer.js'
import type { OptionTable } from '../options.js'
import { SameShapeLayer } from './same-shape-layer.js'

export interface LeakyReluOptions extends LayerOptions {
  /** The slope below 0, a finite number. Default 0.3. */
  negativeSlope?: number
}

/** x above 0, negativeSlope·x below (Maas et al. 2013). */
export class LeakyRelu extends SameShapeLayer {
  static override readonly className = 'LeakyRelu'
  static override readonly options = { negativeSlope: 'optional' } satisfies OptionTable<LeakyReluOptions, LayerOptions>
  readonly negativeSlope: number

  constructor(options: LeakyReluOptions = {}) {
    super(options)
    this.negativeSlope = this.checkFinite('negativeSlope', options.negativeSlope ?? 0.3)
  }

  override call(x: Tensor): Tensor {
    return leakyReluOp(x, this.negativeSlope)
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), negativeSlope: this.negativeSlope }
  }
}

/** Leaky ReLU: its gradient does not die below 0. */
export const leakyRelu = (options?: LeakyReluOptions): LeakyRelu => new LeakyRelu(options)

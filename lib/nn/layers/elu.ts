import { optional, type Schema, type ValuesOf } from '../../core/schema.js'
import { elu as eluOp } from '../../ops/index.js'
import type { Tensor } from '../../tensor/tensor.js'
import type { LayerOptions } from '../layer.js'
import { checkNotNegative } from '../option-checks.js'
import { SameShapeLayer } from './same-shape-layer.js'

export interface EluOptions extends LayerOptions {
  /** The value that is approached far below 0 is −alpha; a number from 0. Default 1. */
  alpha?: number
}

const schema = { alpha: optional(checkNotNegative, 1) } satisfies Schema<EluOptions, LayerOptions>

/** x above 0, alpha·(eˣ − 1) below (Clevert et al. 2016). */
export class Elu extends SameShapeLayer {
  static override readonly className = 'Elu'
  /** @internal */
  static override readonly schema = schema
  declare readonly options: ValuesOf<typeof schema, EluOptions>

  constructor(options: EluOptions = {}) {
    super(options)
  }

  override call(x: Tensor): Tensor {
    return eluOp(x, this.options.alpha)
  }
}

/** Exponential linear unit: smooth, and below 0 it brings the mean of the outputs nearer to 0. */
export const elu = (options?: EluOptions): Elu => new Elu(options)

import { elu as eluOp } from '../../ops/index.js'
import type { Tensor } from '../../tensor/tensor.js'
import type { LayerOptions } from '../layer.js'
import type { OptionTable } from '../options.js'
import { SameShapeLayer } from './same-shape-layer.js'

export interface EluOptions extends LayerOptions {
  /** The value that is approached far below 0 is −alpha; a number from 0. Default 1. */
  alpha?: number
}

/** x above 0, alpha·(eˣ − 1) below (Clevert et al. 2016). */
export class Elu extends SameShapeLayer {
  static override readonly className = 'Elu'
  static override readonly options = { alpha: 'optional' } satisfies OptionTable<EluOptions, LayerOptions>
  readonly alpha: number

  constructor(options: EluOptions = {}) {
    super(options)
    const { alpha = 1 } = options
    if (!(this.checkFinite('alpha', alpha) >= 0)) throw this.wrong(`alpha must not be negative, got ${alpha}`)
    this.alpha = alpha
  }

  override call(x: Tensor): Tensor {
    return eluOp(x, this.alpha)
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), alpha: this.alpha }
  }
}

/** Exponential linear unit: smooth, and below 0 it brings the mean of the outputs nearer to 0. */
export const elu = (options?: EluOptions): Elu => new Elu(options)

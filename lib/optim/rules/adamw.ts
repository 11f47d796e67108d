import { checkOptions } from '../../core/names.js'
import { Adam, type AdamOptions, adamOptions } from './adam.js'

export interface AdamwOptions extends AdamOptions {
  /** λ, from 0. Default 0.004. */
  weightDecay?: number
}

/** Adam with decoupled weight decay: w −= η·λ·w, then Adam's step (Loshchilov & Hutter 2019). */
export function adamw(options: AdamwOptions = {}): Adam {
  checkOptions(options, adamOptions, 'adamw', 'learningRate')
  return new Adam({ ...options, weightDecay: options.weightDecay ?? 0.004 }, 'adamw')
}

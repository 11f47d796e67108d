import { from, optional, type Schema, type ValuesOf } from '../../core/schema.js'
import { Adam, type AdamOptions, adamSchema } from './adam.js'

export interface AdamwOptions extends AdamOptions {
  /** λ, from 0. Default 0.004. */
  weightDecay?: number
}

const schema = { ...adamSchema, weightDecay: optional(from(0), 0.004) } satisfies Schema<AdamwOptions>

/** Adam with decoupled weight decay: w −= η·λ·w, then Adam's step (Loshchilov & Hutter 2019). */
export class Adamw extends Adam {
  /** @internal */
  static override readonly schema = schema
  declare readonly options: ValuesOf<typeof schema, AdamwOptions>

  constructor(options: AdamwOptions = {}) {
    super(options, 'adamw')
  }
}

/** AdamW: Adam with decoupled weight decay. */
export const adamw = (options?: AdamwOptions): Adamw => new Adamw(options)

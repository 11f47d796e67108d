import { checkFlag, wrong } from '../core/check.js'
import { from, maybe, optional, type Schema } from '../core/schema.js'
import { show } from '../core/show.js'

export interface CallOptions {
  /** Dropout drops and batch normalization uses the batch's statistics. Default false. */
  training?: boolean
  /** Whether the dropout family drops, whatever the other layers do: on in inference it is Monte Carlo dropout. Default `training`. */
  dropout?: boolean
}

/** The names of the options of a call. */
export const callOptions = ['training', 'dropout'] as const satisfies (keyof CallOptions)[]

export interface LayerOptions {
  /** Default: the class's name in snake case, within a model with a number from the second one on: `dense`, `dense_1`, … */
  name?: string
  /** Default true. A frozen layer's weights are not trained. */
  trainable?: boolean
  /** The shape of one sample, without the batch axis. Only a model's first layer needs it; another one's must be what it gets. */
  inputShape?: readonly number[]
  /** By what the optimizer multiplies its learning rate for the layer's weights, from 0. Default 1. */
  learningRateMultiplier?: number
}

/** The shape of one sample: whole numbers from 1. */
export function checkSampleShape(where: string, option: string, shape: readonly number[]): readonly number[] {
  if (Array.isArray(shape) && shape.every((n) => Number.isInteger(n) && n > 0)) return [...shape]
  throw wrong(
    where,
    `${option} must be an array of positive whole numbers without the batch axis, got ${show(shape)}${typeof shape === 'number' ? `; write [${shape}]` : ''}`,
  )
}

/** Options of every layer. */
export const layerSchema = {
  trainable: optional(checkFlag, true),
  inputShape: maybe(checkSampleShape),
  learningRateMultiplier: optional(from(0), 1, (value) => (value === 1 ? undefined : value)),
} satisfies Schema<LayerOptions, Pick<LayerOptions, 'name'>>

/** The names of the options that every layer takes. */
export const commonOptions = ['name', ...Object.keys(layerSchema)]

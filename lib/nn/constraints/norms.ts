import { wrong } from '../../core/check.js'
import { from, optional, parseOptions, type Schema } from '../../core/schema.js'
import { add, clip, div, maximum, mul } from '../../ops/index.js'
import { type AxisOption, axisSchema, type Constraint, constraint, epsilon, normOver } from './constraint.js'

export interface MaxNormOptions extends AxisOption {
  /** The largest norm, from 0. Default 2. */
  maxValue?: number
}

const maxNormSchema = { maxValue: optional(from(0), 2), ...axisSchema } satisfies Schema<MaxNormOptions>

/**
 * Scales down what has a norm above maxValue: w · maxValue / max(‖w‖ + 1e-7, maxValue) (Srivastava et al. 2014). As Keras, but that a
 * norm within the limit stays what it is to the last bit, where Keras multiplies by ‖w‖ / (‖w‖ + 1e-7) in every step.
 */
export function maxNorm(options: MaxNormOptions = {}): Constraint {
  const values = parseOptions(maxNormSchema, options, 'maxNorm')
  return constraint('maxNorm', values, (w) => {
    const { maxValue, axis } = values
    return mul(w, div(maxValue, maximum(add(normOver(w, axis), epsilon), maxValue)))
  })
}

/** Brings every norm to 1: w / (‖w‖ + 1e-7), as Keras. */
export function unitNorm(options: AxisOption = {}): Constraint {
  const values = parseOptions(axisSchema, options, 'unitNorm')
  return constraint('unitNorm', values, (w) => div(w, add(normOver(w, values.axis), epsilon)))
}

export interface MinMaxNormOptions extends MaxNormOptions {
  /** The smallest norm, from 0. Default 0. */
  minValue?: number
  /** The largest norm, from minValue. Default 1. */
  maxValue?: number
  /** How far each step goes towards the range, from 0 to 1. Default 1: all the way. */
  rate?: number
}

const minMaxNormSchema = {
  minValue: optional(from(0), 0),
  maxValue: optional(from(0), 1),
  rate: optional(from(0, 1), 1),
  ...axisSchema,
} satisfies Schema<MinMaxNormOptions>

/** Draws norms into a range: w · (rate·clip(‖w‖, minValue, maxValue) + (1 − rate)·‖w‖) / (‖w‖ + 1e-7), as Keras. */
export function minMaxNorm(options: MinMaxNormOptions = {}): Constraint {
  const values = parseOptions(minMaxNormSchema, options, 'minMaxNorm')
  const { minValue, maxValue, rate, axis } = values
  if (minValue > maxValue)
    throw wrong('minMaxNorm', `minValue must not be above maxValue, got ${minValue} and ${maxValue}`)
  return constraint('minMaxNorm', values, (w) => {
    const norms = normOver(w, axis)
    const desired = add(mul(clip(norms, minValue, maxValue), rate), mul(norms, 1 - rate))
    return mul(w, div(desired, add(norms, epsilon)))
  })
}

import { checkRange } from '../../core/check.js'
import { MyelinError } from '../../core/error.js'
import { checkOptions } from '../../core/names.js'
import { add, clip, div, maximum, mul } from '../../ops/index.js'
import { type AxisOption, type Constraint, checkAxis, constraint, epsilon, normOver } from './constraint.js'

export interface MaxNormOptions extends AxisOption {
  /** The largest norm, from 0. Default 2. */
  maxValue?: number
}

/**
 * Scales down what has a norm above maxValue: w · maxValue / max(‖w‖ + 1e-7, maxValue) (Srivastava et al. 2014). As Keras, but that a
 * norm within the limit stays what it is to the last bit, where Keras multiplies by ‖w‖ / (‖w‖ + 1e-7) in every step.
 */
export function maxNorm(options: MaxNormOptions = {}): Constraint {
  checkOptions(options, ['maxValue', 'axis'], 'maxNorm')
  const maxValue = checkRange('maxNorm', 'maxValue', options.maxValue ?? 2, 0)
  const axis = checkAxis('maxNorm', options.axis ?? 0)
  return constraint('maxNorm', { maxValue, axis }, (w) => {
    return mul(w, div(maxValue, maximum(add(normOver(w, axis), epsilon), maxValue)))
  })
}

/** Brings every norm to 1: w / (‖w‖ + 1e-7), as Keras. */
export function unitNorm(options: AxisOption = {}): Constraint {
  checkOptions(options, ['axis'], 'unitNorm')
  const axis = checkAxis('unitNorm', options.axis ?? 0)
  return constraint('unitNorm', { axis }, (w) => div(w, add(normOver(w, axis), epsilon)))
}

export interface MinMaxNormOptions extends MaxNormOptions {
  /** The smallest norm, from 0. Default 0. */
  minValue?: number
  /** The largest norm, from minValue. Default 1. */
  maxValue?: number
  /** How far each step goes towards the range, from 0 to 1. Default 1: all the way. */
  rate?: number
}

/** Draws norms into a range: w · (rate·clip(‖w‖, minValue, maxValue) + (1 − rate)·‖w‖) / (‖w‖ + 1e-7), as Keras. */
export function minMaxNorm(options: MinMaxNormOptions = {}): Constraint {
  checkOptions(options, ['minValue', 'maxValue', 'rate', 'axis'], 'minMaxNorm')
  const minValue = checkRange('minMaxNorm', 'minValue', options.minValue ?? 0, 0)
  const maxValue = checkRange('minMaxNorm', 'maxValue', options.maxValue ?? 1, 0)
  const rate = checkRange('minMaxNorm', 'rate', options.rate ?? 1, 0, 1)
  const axis = checkAxis('minMaxNorm', options.axis ?? 0)
  if (minValue > maxValue)
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[minMaxNorm] minValue must not be above maxValue, got ${minValue} and ${maxValue}`,
    )
  return constraint('minMaxNorm', { minValue, maxValue, rate, axis }, (w) => {
    const norms = normOver(w, axis)
    const desired = add(mul(clip(norms, minValue, maxValue), rate), mul(norms, 1 - rate))
    return mul(w, div(desired, add(norms, epsilon)))
  })
}

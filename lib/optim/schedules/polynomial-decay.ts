import { checkFlag } from '../../core/check.js'
import { above, from, optional, parseOptions, required, type Schema } from '../../core/schema.js'
import { makeSchedule, type NamedSchedule } from './schedule.js'

export interface PolynomialDecayOptions {
  /** η₀, from 0. */
  initialLearningRate: number
  /** The steps s until η₁ is reached. Above 0. */
  decaySteps: number
  /** η₁, from 0. Default 0.0001. */
  endLearningRate?: number
  /** p, from 0. Default 1: linearly. */
  power?: number
  /** Whether to begin again, with the next multiple of s in the place of s, when the end is reached. Default false: η₁ stays. */
  cycle?: boolean
}

const schema = {
  initialLearningRate: required(from(0)),
  decaySteps: required(above(0)),
  endLearningRate: optional(from(0), 0.0001),
  power: optional(from(0), 1),
  cycle: optional(checkFlag, false),
} satisfies Schema<PolynomialDecayOptions>

/** (η₀ − η₁)·(1 − min(t, s)/s)^p + η₁, as Keras' PolynomialDecay. @throws MyelinError ERR_ARGUMENT for an option out of range */
export function polynomialDecay(options: PolynomialDecayOptions): NamedSchedule {
  const values = parseOptions(schema, options, 'polynomialDecay')
  const { initialLearningRate, decaySteps, endLearningRate, power, cycle } = values
  return makeSchedule('polynomialDecay', values, (step) => {
    const end = cycle ? decaySteps * Math.max(1, Math.ceil(step / decaySteps)) : decaySteps
    const left = 1 - Math.min(step, end) / end
    return (initialLearningRate - endLearningRate) * left ** power + endLearningRate
  })
}

import { checkAbove, checkFlag, checkRange } from '../../core/check.js'
import { checkOptions } from '../../core/names.js'
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

/** (η₀ − η₁)·(1 − min(t, s)/s)^p + η₁, as Keras' PolynomialDecay. @throws MyelinError ERR_ARGUMENT for an option out of range */
export function polynomialDecay(options: PolynomialDecayOptions): NamedSchedule {
  const name = 'polynomialDecay'
  checkOptions(options, ['initialLearningRate', 'decaySteps', 'endLearningRate', 'power', 'cycle'], name)
  const { initialLearningRate, decaySteps, endLearningRate = 0.0001, power = 1, cycle = false } = options
  checkRange(name, 'initialLearningRate', initialLearningRate, 0)
  checkAbove(name, 'decaySteps', decaySteps, 0)
  checkRange(name, 'endLearningRate', endLearningRate, 0)
  checkRange(name, 'power', power, 0)
  checkFlag(name, 'cycle', cycle)
  const all = { initialLearningRate, decaySteps, endLearningRate, power, cycle }
  return makeSchedule(name, all, (step) => {
    const end = cycle ? decaySteps * Math.max(1, Math.ceil(step / decaySteps)) : decaySteps
    const left = 1 - Math.min(step, end) / end
    return (initialLearningRate - endLearningRate) * left ** power + endLearningRate
  })
}

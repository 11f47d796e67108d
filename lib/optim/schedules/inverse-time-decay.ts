import { checkAbove, checkFlag, checkRange } from '../../native/check.js'
import { checkOptions } from '../../native/names.js'
import { makeSchedule, type NamedSchedule } from './schedule.js'

export interface InverseTimeDecayOptions {
  /** η₀, from 0. */
  initialLearningRate: number
  /** The steps s that count as one. Above 0. */
  decaySteps: number
  /** r, from 0. */
  decayRate: number
  /** Whether t/s is rounded down, so that the rate falls in jumps. Default false. */
  staircase?: boolean
}

/** η₀/(1 + r·t/s), as Keras' InverseTimeDecay. @throws MyelinError ERR_ARGUMENT for an option out of range */
export function inverseTimeDecay(options: InverseTimeDecayOptions): NamedSchedule {
  const name = 'inverseTimeDecay'
  checkOptions(options, ['initialLearningRate', 'decaySteps', 'decayRate', 'staircase'], name)
  const { initialLearningRate, decaySteps, decayRate, staircase = false } = options
  checkRange(name, 'initialLearningRate', initialLearningRate, 0)
  checkAbove(name, 'decaySteps', decaySteps, 0)
  checkRange(name, 'decayRate', decayRate, 0)
  checkFlag(name, 'staircase', staircase)
  const all = { initialLearningRate, decaySteps, decayRate, staircase }
  return makeSchedule(name, all, (step) => {
    const periods = step / decaySteps
    return initialLearningRate / (1 + decayRate * (staircase ? Math.floor(periods) : periods))
  })
}

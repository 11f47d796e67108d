import { checkAbove, checkFlag, checkRange } from '../../core/check.js'
import { checkOptions } from '../../core/names.js'
import { makeSchedule, type NamedSchedule } from './schedule.js'

export interface ByPeriodsOptions {
  /** η₀, from 0. */
  initialLearningRate: number
  /** The steps s that count as one period. Above 0. */
  decaySteps: number
  /** r, from 0. */
  decayRate: number
  /** Whether t/s is rounded down, so that the rate falls in jumps. Default false. */
  staircase?: boolean
}

/** A schedule of η₀, r and t/s. */
export function byPeriods(
  name: string,
  options: ByPeriodsOptions,
  rate: (initial: number, decay: number, periods: number) => number,
): NamedSchedule {
  checkOptions(options, ['initialLearningRate', 'decaySteps', 'decayRate', 'staircase'], name)
  const { initialLearningRate, decaySteps, decayRate, staircase = false } = options
  checkRange(name, 'initialLearningRate', initialLearningRate, 0)
  checkAbove(name, 'decaySteps', decaySteps, 0)
  checkRange(name, 'decayRate', decayRate, 0)
  checkFlag(name, 'staircase', staircase)
  const all = { initialLearningRate, decaySteps, decayRate, staircase }
  return makeSchedule(name, all, (step) => {
    const periods = step / decaySteps
    return rate(initialLearningRate, decayRate, staircase ? Math.floor(periods) : periods)
  })
}

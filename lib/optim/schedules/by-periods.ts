import { checkFlag } from '../../core/check.js'
import { above, from, optional, parseOptions, required, type Schema } from '../../core/schema.js'
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

const schema = {
  initialLearningRate: required(from(0)),
  decaySteps: required(above(0)),
  decayRate: required(from(0)),
  staircase: optional(checkFlag, false),
} satisfies Schema<ByPeriodsOptions>

/** A schedule of η₀, r and t/s. */
export function byPeriods(
  name: string,
  options: ByPeriodsOptions,
  rate: (initial: number, decay: number, periods: number) => number,
): NamedSchedule {
  const values = parseOptions(schema, options, name)
  const { initialLearningRate, decaySteps, decayRate, staircase } = values
  return makeSchedule(name, values, (step) => {
    const periods = step / decaySteps
    return rate(initialLearningRate, decayRate, staircase ? Math.floor(periods) : periods)
  })
}

import { checkFlag, checkRange, checkShare } from '../../core/check.js'
import { above, asGiven, maybe, optional, parseOptions, required, type Schema, whole } from '../../core/schema.js'
import { makeSchedule, type NamedSchedule } from './schedule.js'

export interface OneCycleOptions {
  /** η_max, above 0. */
  maxLearningRate: number
  /** The steps of the whole run, a whole number from 2. The last one, totalSteps − 1, has the final rate, which stays afterwards. */
  totalSteps: number
  /** η₀, from 0 to η_max. Default η_max/10. */
  initialLearningRate?: number
  /** Where the last part ends, from 0 to η₀. Default η₀/1000. */
  finalLearningRate?: number
  /** The share of the steps that the last part takes, in [0, 1); with 0 the cycle fills the run. Default 0.1. */
  finalShare?: number
  /** Whether momentum mirrors the rate. Default true. */
  cycleMomentum?: boolean
  /** The momentum at η₀ and in the last part, in [0, 1). Default 0.95. */
  maxMomentum?: number
  /** The momentum at η_max, in [0, `maxMomentum`]. Default 0.85. */
  minMomentum?: number
}

// The range of some hangs on the values of others.
const schema = {
  maxLearningRate: required(above(0)),
  totalSteps: required(whole(2)),
  initialLearningRate: maybe(asGiven<number>),
  finalLearningRate: maybe(asGiven<number>),
  finalShare: optional(checkShare, 0.1),
  cycleMomentum: optional(checkFlag, true),
  maxMomentum: optional(checkShare, 0.95),
  minMomentum: maybe(asGiven<number>),
} satisfies Schema<OneCycleOptions>

/**
 * 1cycle (Smith 2018): the rate rises linearly from η₀ to η_max and falls back in the same time; in the last part it falls
 * linearly by orders of magnitude. Momentum goes the other way, 0.95 → 0.85 → 0.95, and stays there in the last part. It
 * takes the place of the momentum of sgd, of β₁ of adam, adamw, adamax and nadam, and of rmsprop's momentum where that is on.
 * @throws MyelinError ERR_ARGUMENT for an option out of range
 */
export function oneCycle(options: OneCycleOptions): NamedSchedule {
  const name = 'oneCycle'
  const values = parseOptions(schema, options, name)
  const { maxLearningRate: max, totalSteps, finalShare, cycleMomentum, maxMomentum } = values
  const { initialLearningRate: initial = max / 10, minMomentum = Math.min(0.85, maxMomentum) } = values
  const { finalLearningRate: final = initial / 1000 } = values
  checkRange(name, 'initialLearningRate', initial, 0, max)
  checkRange(name, 'finalLearningRate', final, 0, initial)
  checkRange(name, 'minMomentum', minMomentum, 0, maxMomentum)

  const half = (totalSteps * (1 - finalShare)) / 2
  /** From when on the rate is the final one. */
  const last = finalShare === 0 ? totalSteps : totalSteps - 1
  /** From 0 at the ends of the cycle to 1 in its middle. */
  const height = (step: number): number => Math.max(0, 1 - Math.abs(step - half) / half)
  const rate = (step: number): number => {
    if (step >= last) return final
    if (step <= 2 * half) return initial + (max - initial) * height(step)
    return initial + ((final - initial) * (step - 2 * half)) / (last - 2 * half)
  }
  const momentum = (step: number): number => maxMomentum + (minMomentum - maxMomentum) * height(step)
  const all = { ...values, initialLearningRate: initial, finalLearningRate: final, minMomentum }
  return makeSchedule(name, all, rate, cycleMomentum ? momentum : undefined)
}

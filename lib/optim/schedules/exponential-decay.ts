import { type ByPeriodsOptions, byPeriods } from './by-periods.js'
import type { NamedSchedule } from './schedule.js'

export type ExponentialDecayOptions = ByPeriodsOptions

/** η₀·r^(t/s), as Keras' ExponentialDecay. @throws MyelinError ERR_ARGUMENT for an option out of range */
export const exponentialDecay = (options: ExponentialDecayOptions): NamedSchedule =>
  byPeriods('exponentialDecay', options, (initial, decay, periods) => initial * decay ** periods)

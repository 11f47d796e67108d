import { type ByPeriodsOptions, byPeriods } from './by-periods.js'
import type { NamedSchedule } from './schedule.js'

export type InverseTimeDecayOptions = ByPeriodsOptions

/** η₀/(1 + r·t/s), as Keras' InverseTimeDecay. @throws MyelinError ERR_ARGUMENT for an option out of range */
export const inverseTimeDecay = (options: InverseTimeDecayOptions): NamedSchedule =>
  byPeriods('inverseTimeDecay', options, (initial, decay, periods) => initial / (1 + decay * periods))

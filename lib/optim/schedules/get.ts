import { wrong } from '../../core/check.js'
import { lookUp } from '../../core/names.js'
import { show } from '../../core/show.js'
import * as schedules from './index.js'
import type { Schedule, ScheduleConfig } from './schedule.js'

/** A function of the step, one of `schedules`, or what its getConfig() has given. */
export type ScheduleLike = Schedule | ScheduleConfig

/**
 * The schedule for an option.
 * @param where what an error message begins with
 * @throws MyelinError ERR_ARGUMENT for an unknown name, or wrong options
 */
export function getSchedule(schedule: ScheduleLike, where = 'getSchedule'): Schedule {
  if (typeof schedule === 'function') return schedule
  if (typeof schedule !== 'object' || schedule === null)
    throw wrong(where, `a schedule must be a function or a config with a name, got ${show(schedule)}`)
  const { name, ...options } = schedule
  return lookUp<keyof typeof schedules, FromConfig>(builders, name, 'schedule', where)(options)
}

type FromConfig = (options: Record<string, unknown>) => Schedule

/** Options come as plain data here: each schedule checks its own. */
const byOptions =
  (make: (options: never) => Schedule): FromConfig =>
  (options) =>
    make(options as never)

const builders = {
  constant: ({ learningRate }) => schedules.constant(learningRate as number),
  cosineDecay: byOptions(schedules.cosineDecay),
  cosineDecayRestarts: byOptions(schedules.cosineDecayRestarts),
  exponentialDecay: byOptions(schedules.exponentialDecay),
  inverseTimeDecay: byOptions(schedules.inverseTimeDecay),
  oneCycle: byOptions(schedules.oneCycle),
  piecewiseConstant: byOptions(schedules.piecewiseConstant),
  polynomialDecay: byOptions(schedules.polynomialDecay),
  powerDecay: byOptions(schedules.powerDecay),
  warmup: ({ schedule, steps }) =>
    schedules.warmup(
      typeof schedule === 'number' ? schedule : getSchedule(schedule as ScheduleLike, 'warmup'),
      steps as number,
    ),
} satisfies Record<keyof typeof schedules, FromConfig>

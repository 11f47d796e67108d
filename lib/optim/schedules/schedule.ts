import { checkFinite } from '../../core/check.js'
import { functionInConfig } from '../../core/config.js'

/**
 * The learning rate as a function of how many updates came before, from 0; computed in double. The members of `schedules` are
 * such functions, and any function of one's own is one.
 */
export interface Schedule {
  (step: number): number
  /** The momentum (β₁) that goes with it, for optimizers that have one. Absent: the optimizer's own. */
  readonly momentum?: (step: number) => number
  /** The options that make an equal schedule, with its `name`. Plain data. */
  readonly getConfig?: () => ScheduleConfig
}

/** A schedule as plain data. */
export interface ScheduleConfig {
  readonly name: string
  readonly [option: string]: unknown
}

/** One of `schedules`: it can tell its options. */
export interface NamedSchedule extends Schedule {
  readonly getConfig: () => ScheduleConfig
}

/**
 * Makes a schedule of a function of the step, which goes by the schedule's name.
 * @param options what its config holds, or a function that tells it
 */
export function makeSchedule(
  name: string,
  options: object | (() => object),
  rate: (step: number) => number,
  momentum?: (step: number) => number,
): NamedSchedule {
  const getConfig = (): ScheduleConfig => ({ name, ...(typeof options === 'function' ? options() : options) })
  const checked = (figure: (step: number) => number) => (step: number) => figure(checkFinite(name, 'the step', step))
  const schedule = Object.defineProperty(checked(rate), 'name', { value: name })
  return Object.assign(schedule, { getConfig, ...(momentum !== undefined && { momentum: checked(momentum) }) })
}

/**
 * How a config tells a schedule.
 * @param option what it was given as
 * @throws MyelinError ERR_FORMAT if it is a function of the user's that is not registered
 */
export const scheduleConfig = (schedule: Schedule, where: string, option: string): ScheduleConfig | Schedule =>
  schedule.getConfig?.() ?? functionInConfig('schedule', schedule, where, option)

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

/** Makes a schedule of a function of the step. */
export function makeSchedule(
  name: string,
  options: object,
  rate: (step: number) => number,
  momentum?: (step: number) => number,
): NamedSchedule {
  const getConfig = (): ScheduleConfig => ({ name, ...options })
  return Object.assign((step: number) => rate(step), { getConfig, ...(momentum !== undefined && { momentum }) })
}

/** The config of a schedule that has one. */
export const configOf = (schedule: Schedule): ScheduleConfig | undefined => schedule.getConfig?.()

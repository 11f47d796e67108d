import { wrong } from '../../core/check.js'
import { MakerRegistry } from '../../core/registry.js'
import { asGiven, parseOptions, required } from '../../core/schema.js'
import { show } from '../../core/show.js'
import * as schedulesByName from './index.js'
import { makeSchedule, type NamedSchedule, type Schedule, type ScheduleConfig } from './schedule.js'

/** A function of the step, one of `schedules`, or what its getConfig() has given. */
export type ScheduleLike = Schedule | ScheduleConfig

// Two take arguments, which a config has as options; they check them themselves.
const constantSchema = { learningRate: required(asGiven<number>) }
const warmupSchema = { schedule: required(asGiven<number | ScheduleLike>), steps: required(asGiven<number>) }

export const scheduleRegistry = new MakerRegistry<keyof typeof schedulesByName, Schedule>(
  'schedule',
  {
    ...schedulesByName,
    constant: (options: object) =>
      schedulesByName.constant(parseOptions(constantSchema, options, 'constant').learningRate),
    warmup: (options: object) => {
      const { schedule, steps } = parseOptions(warmupSchema, options, 'warmup')
      return schedulesByName.warmup(typeof schedule === 'number' ? schedule : getSchedule(schedule, 'warmup'), steps)
    },
  },
  {
    is: (given) => typeof given === 'function',
    configOf: ({ getConfig }) => getConfig?.(),
    named: (name, options, made) => {
      if (typeof made !== 'function') throw wrong(name, `must be made as a function of the step, got ${show(made)}`)
      const { momentum } = made as Schedule
      return makeSchedule(name, options, made as Schedule, momentum)
    },
  },
)

/**
 * The schedule for an option.
 * @param where what an error message begins with
 * @throws MyelinError ERR_ARGUMENT for an unknown name, or wrong options
 */
export function getSchedule(schedule: ScheduleLike, where: string): Schedule {
  if (typeof schedule === 'function' || (typeof schedule === 'object' && schedule !== null))
    return scheduleRegistry.get(schedule, where)
  throw wrong(where, `a schedule must be a function or a config with a name, got ${show(schedule)}`)
}

/**
 * Lets a schedule be given by a config `{ name, …options }`, and optimizers that have it be saved.
 * @param make makes the function from the number of the update, from 0, to the rate by options that are plain data
 * @returns the same for `learningRate`: `const mine = registerSchedule('mine', ({ rate }) => (step) => rate / (1 + step))`, then
 *   `learningRate: mine({ rate: 0.1 })`
 * @throws MyelinError ERR_ARGUMENT if the name is taken
 */
export const registerSchedule = <Options extends object>(
  name: string,
  make: (options: Options) => Schedule,
): ((options?: Options) => NamedSchedule) =>
  scheduleRegistry.register(name, make) as (options?: Options) => NamedSchedule

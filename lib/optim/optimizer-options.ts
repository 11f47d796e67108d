import { wrong } from '../core/check.js'
import { optional, type Schema } from '../core/schema.js'
import { show } from '../core/show.js'
import { type ClippingOptions, clippingSchema } from './clipping.js'
import { getSchedule, type ScheduleLike } from './schedules/choices.js'
import { type Schedule, scheduleConfig } from './schedules/schedule.js'
import { type WeightDecayOptions, weightDecaySchema } from './weight-decay.js'

/** Options of every optimizer. */
export interface OptimizerOptions extends ClippingOptions, WeightDecayOptions {
  /** η: a number from 0; one of `schedules`, its config; or any function of the 0-based number of the update. */
  learningRate?: number | ScheduleLike
}

/** A number from 0, or a schedule. @throws MyelinError ERR_ARGUMENT */
export function checkRate(where: string, option: string, given: number | ScheduleLike): number | Schedule {
  if (typeof given === 'function' || (typeof given === 'object' && given !== null)) return getSchedule(given, where)
  if (typeof given === 'number' && given >= 0 && given <= Number.MAX_VALUE) return given
  throw wrong(where, `${option} must be a finite number from 0 or a schedule, got ${show(given)}`)
}

const tellRate = (rate: number | Schedule, where: string, option: string): unknown =>
  typeof rate === 'number' ? rate : scheduleConfig(rate, where, option)

/** The options of every optimizer. @param learningRate the default */
export const optimizerSchema = (learningRate: number) =>
  ({
    learningRate: optional(checkRate, learningRate, tellRate),
    ...clippingSchema,
    ...weightDecaySchema,
  }) satisfies Schema<OptimizerOptions>

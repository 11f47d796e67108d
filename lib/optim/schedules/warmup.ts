import { checkAbove, wrong } from '../../core/check.js'
import { show } from '../../core/show.js'
import { constant } from './constant.js'
import { makeSchedule, type NamedSchedule, type Schedule, scheduleConfig } from './schedule.js'

/**
 * A linear warm-up before a schedule (Goyal et al. 2017): with s steps, schedule(0)·t/s while t < s, then schedule(t − s). The
 * schedule's momentum, where it has one, stays as at its start until then.
 * @param schedule a rate, one of `schedules`, or a function of the step
 * @param steps above 0
 * @throws MyelinError ERR_ARGUMENT
 */
export function warmup(schedule: number | Schedule, steps: number): NamedSchedule {
  if (typeof schedule !== 'number' && typeof schedule !== 'function')
    throw wrong('warmup', `needs a rate or a schedule to warm up for, got ${show(schedule)}`)
  const after = typeof schedule === 'number' ? constant(schedule) : schedule
  checkAbove('warmup', 'steps', steps, 0)
  const { momentum } = after
  const rate = (step: number): number => (step < steps ? (after(0) * step) / steps : after(step - steps))
  const options = () => ({ schedule: scheduleConfig(after, 'warmup', 'schedule'), steps })
  return makeSchedule('warmup', options, rate, momentum && ((step) => momentum(Math.max(0, step - steps))))
}

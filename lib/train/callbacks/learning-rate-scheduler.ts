import { checkFunction } from '../../core/check.js'
import { MyelinError } from '../../core/error.js'
import { show } from '../../core/show.js'
import type { Logs } from '../assessment.js'
import type { Callback, TrainingRun } from './callback.js'
import { checkIndex, checkRun } from './hook-arguments.js'

/** The rate for an epoch, counted from 0, given the present one. One of `schedules`, too: it takes the epoch for the step. */
export type EpochSchedule = (epoch: number, learningRate: number) => number

/** The callback that {@link learningRateScheduler} makes. */
export class LearningRateScheduler implements Callback {
  constructor(private readonly schedule: EpochSchedule) {
    checkFunction(where, 'a function (epoch, learningRate) => learningRate', schedule)
  }

  onEpochBegin(epoch: number, _logs: Logs, run: TrainingRun): void {
    checkIndex(where, epoch)
    const { optimizer } = checkRun(where, run)
    const rate: unknown = this.schedule(epoch, optimizer.learningRate)
    if (!(typeof rate === 'number' && rate >= 0 && rate < Number.POSITIVE_INFINITY))
      throw new MyelinError(
        'ERR_ARGUMENT',
        `[${where}] the schedule must give a finite number from 0, for epoch ${epoch} it gave ${show(rate)}`,
      )
    optimizer.learningRate = rate
  }
}

/**
 * Sets the rate at the beginning of each epoch: η = schedule(epoch, η), as Keras' LearningRateScheduler.
 * @throws MyelinError ERR_ARGUMENT for no function, or when that gives no rate
 */
export const learningRateScheduler = (schedule: EpochSchedule): LearningRateScheduler =>
  new LearningRateScheduler(schedule)

const where = 'learningRateScheduler'

import { checkWhole, wrong } from '../../core/check.js'
import { from, optional, parseOptions, type Schema, type ValuesOf, whole } from '../../core/schema.js'
import { show } from '../../core/show.js'
import { checkState, State } from '../../tensor/state.js'
import type { Logs } from '../assessment.js'
import type { Callback, TrainingRun } from './callback.js'
import { checkRun } from './hook-arguments.js'
import { Monitor, type MonitorOptions, monitorSchema } from './monitor.js'

export interface ReduceLROnPlateauOptions extends MonitorOptions {
  /** By what the rate is multiplied: above 0, below 1. Default 0.1. */
  factor?: number
  /** After how many epochs in a row that brought nothing better: a whole number from 0. Default 10. */
  patience?: number
  /** By how much a figure must be better to count: from 0. Default 1e-4. */
  minDelta?: number
  /** How many epochs after a reduction are not counted: a whole number from 0. Default 0. */
  cooldown?: number
  /** The rate is not made less than this: from 0. Default 0. */
  minLR?: number
}

const schema = {
  ...monitorSchema,
  factor: optional(checkFactor, 0.1),
  patience: optional(whole(0), 10),
  minDelta: optional(from(0), 1e-4),
  cooldown: optional(whole(0), 0),
  minLR: optional(from(0), 0),
} satisfies Schema<ReduceLROnPlateauOptions>

function checkFactor(where: string, option: string, given: number): number {
  if (typeof given === 'number' && given > 0 && given < 1) return given
  throw wrong(where, `${option} must lie between 0 and 1, got ${show(given)}`)
}

/** The callback that {@link reduceLROnPlateau} makes. */
export class ReduceLROnPlateau implements Callback {
  /** The options, checked and with defaults. */
  readonly options: ValuesOf<typeof schema, ReduceLROnPlateauOptions>
  private readonly monitor: Monitor
  private waited = 0
  private cooling = 0

  constructor(options: ReduceLROnPlateauOptions = {}) {
    this.options = parseOptions(schema, options, where)
    this.monitor = new Monitor(where, this.options)
  }

  onTrainBegin(_logs: Logs, run: TrainingRun): void {
    const { name, rateSchedule } = checkRun(where, run).optimizer
    if (rateSchedule !== null)
      throw wrong(
        where,
        `the learning rate of ${name} follows a schedule, ${rateSchedule}, which it would take the place of: ` +
          'give the optimizer a number, or leave the callback out',
      )
    this.monitor.begin(run)
    this.waited = 0
    this.cooling = 0
  }

  /** The best figure, how long there was nothing better, and for how long that is not counted. */
  state(): State {
    const { monitor, waited, cooling } = this
    return new State({ best: monitor.best, waited, cooling })
  }

  /** Brings {@link state} back, in a run that has begun. @throws MyelinError ERR_ARGUMENT */
  restore(state: State): void {
    const { best, waited, cooling } = Object.fromEntries(checkState(state, where).values)
    const found = this.monitor.checkBest(best)
    checkWhole(where, 'waited', waited as number, 0)
    checkWhole(where, 'cooling', cooling as number, 0)
    this.monitor.best = found
    this.waited = waited as number
    this.cooling = cooling as number
  }

  onEpochEnd(_epoch: number, logs: Logs, run: TrainingRun): void {
    const value = this.monitor.read(logs)
    const { optimizer } = checkRun(where, run)
    if (this.cooling > 0) {
      this.cooling--
      this.waited = 0
    }
    if (this.monitor.isBetter(value)) {
      this.monitor.best = value
      this.waited = 0
      return
    }
    if (this.cooling > 0) return
    this.waited++
    const rate = optimizer.learningRate
    const { factor, patience, cooldown, minLR } = this.options
    if (this.waited < patience || rate <= minLR) return
    optimizer.learningRate = Math.max(rate * factor, minLR)
    this.cooling = cooldown
    this.waited = 0
  }
}

/**
 * Performance scheduling: η ← max(η·factor, minLR) when a figure has got no better for `patience` epochs, as Keras'
 * ReduceLROnPlateau. The next epoch trains with the new rate; the history shows each epoch's own.
 * @throws MyelinError ERR_ARGUMENT for a wrong option; when the run begins, for an unknown figure, and for an optimizer whose rate
 *   follows a schedule
 */
export const reduceLROnPlateau = (options?: ReduceLROnPlateauOptions): ReduceLROnPlateau =>
  new ReduceLROnPlateau(options)

const where = 'reduceLROnPlateau'

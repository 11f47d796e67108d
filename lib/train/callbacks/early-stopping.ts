import { checkFlag, checkWhole } from '../../core/check.js'
import { checkOptions } from '../../core/names.js'
import type { Logs } from '../assessment.js'
import type { Callback, TrainingRun } from './callback.js'
import { checkIndex, checkRun } from './hook-arguments.js'
import { checkBaseline, Monitor, type MonitorOptions, monitorOptions } from './monitor.js'
import { WeightCopies } from './weight-copies.js'

export interface EarlyStoppingOptions extends MonitorOptions {
  /** How many epochs in a row may bring nothing better before the run ends: a whole number from 0. Default 0. */
  patience?: number
  /** Whether the model ends with the weights of the best epoch, however the run ends. Default false. */
  restoreBestWeights?: boolean
  /** The epochs before this one, counted from 0, are passed over. Default 0. */
  startFromEpoch?: number
  /** A value that the figure has to beat, too, for the patience to begin anew. Default none. */
  baseline?: number
}

/** The callback that {@link earlyStopping} makes. */
export class EarlyStopping implements Callback {
  /** The number of the best epoch so far, null before there was one. */
  bestEpoch: number | null = null
  /** The number of the epoch after which the run was ended, null if it was not. */
  stoppedEpoch: number | null = null
  private readonly monitor: Monitor
  private readonly patience: number
  private readonly startFromEpoch: number
  private readonly baseline: number | undefined
  private readonly bestWeights: WeightCopies | null
  private waited = 0

  constructor(options: EarlyStoppingOptions = {}) {
    checkOptions(options, optionNames, where)
    const { patience = 0, restoreBestWeights = false, startFromEpoch = 0, baseline } = options
    this.monitor = new Monitor(where, options)
    this.patience = checkWhole(where, 'patience', patience, 0)
    this.bestWeights = checkFlag(where, 'restoreBestWeights', restoreBestWeights) ? new WeightCopies() : null
    this.startFromEpoch = checkWhole(where, 'startFromEpoch', startFromEpoch, 0)
    this.baseline = checkBaseline(where, baseline)
  }

  /** The best value of the figure so far; ±∞ before there was one. */
  get best(): number {
    return this.monitor.best
  }

  onTrainBegin(_logs: Logs, run: TrainingRun): void {
    this.monitor.begin(checkRun(where, run))
    this.waited = 0
    this.bestEpoch = null
    this.stoppedEpoch = null
  }

  onEpochEnd(epoch: number, logs: Logs, run: TrainingRun): void {
    const value = this.monitor.read(logs)
    checkIndex(where, epoch)
    checkRun(where, run)
    if (epoch < this.startFromEpoch) return
    this.waited++
    if (this.monitor.isBetter(value)) {
      this.monitor.best = value
      this.bestEpoch = epoch
      this.bestWeights?.take(run.model.weights)
      if (this.baseline === undefined || this.monitor.isBetter(value, this.baseline)) this.waited = 0
      return
    }
    // As in Keras the first epoch never ends the run.
    if (this.waited < this.patience || epoch === 0) return
    this.stoppedEpoch = epoch
    run.stop('early')
  }

  onTrainEnd(): void {
    if (this.bestEpoch !== null) this.bestWeights?.restore()
    this.bestWeights?.dispose()
  }
}

/**
 * Ends a run when a figure gets no better (Prechelt 1998), as Keras' EarlyStopping.
 *
 * With `restoreBestWeights` the weights of the best epoch are put back when the run is over: after an early stop, the last
 * epoch, an abort, a loss that is not finite, and an error; Keras does so after an early stop only. They give the best epoch's
 * validation loss again to the last bit. Costs one copy of the weights. Callbacks that change weights in `onEpochEnd` belong
 * behind this one.
 * @throws MyelinError ERR_ARGUMENT for a wrong option; when the run begins, for an unknown figure
 */
export const earlyStopping = (options?: EarlyStoppingOptions): EarlyStopping => new EarlyStopping(options)

const where = 'earlyStopping'

const optionNames = [
  ...monitorOptions,
  'patience',
  'restoreBestWeights',
  'startFromEpoch',
  'baseline',
] as const satisfies (keyof EarlyStoppingOptions)[]

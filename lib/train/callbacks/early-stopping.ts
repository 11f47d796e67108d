import { checkFinite, checkFlag, checkWhole } from '../../core/check.js'
import { maybe, optional, parseOptions, type Schema, type ValuesOf, whole } from '../../core/schema.js'
import { show } from '../../core/show.js'
import { assignAll, checkState, checkTensors, State } from '../../tensor/state.js'
import type { Logs } from '../assessment.js'
import type { Callback, TrainingRun, WatchedModel } from './callback.js'
import { checkIndex, checkRun } from './hook-arguments.js'
import { Monitor, type MonitorOptions, monitorSchema } from './monitor.js'
import { watchedWeights } from './watched-weights.js'

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

const schema = {
  ...monitorSchema,
  patience: optional(whole(0), 0),
  restoreBestWeights: optional(checkFlag, false),
  startFromEpoch: optional(whole(0), 0),
  baseline: maybe(checkFinite),
} satisfies Schema<EarlyStoppingOptions>

/** The callback that {@link earlyStopping} makes. */
export class EarlyStopping implements Callback {
  /** The number of the best epoch so far, null before there was one. */
  bestEpoch: number | null = null
  /** The number of the epoch after which the run was ended, null if it was not. */
  stoppedEpoch: number | null = null
  /** The options, checked and with defaults. */
  readonly options: ValuesOf<typeof schema, EarlyStoppingOptions>
  private readonly monitor: Monitor
  /** Of the best epoch so far. */
  private bestWeights: State | null = null
  private model: WatchedModel | null = null
  private waited = 0

  constructor(options: EarlyStoppingOptions = {}) {
    this.options = parseOptions(schema, options, where)
    this.monitor = new Monitor(where, this.options)
  }

  /** The best value of the figure so far; ±∞ before there was one. */
  get best(): number {
    return this.monitor.best
  }

  onTrainBegin(_logs: Logs, run: TrainingRun): void {
    this.monitor.begin(checkRun(where, run))
    this.model = run.model
    this.forgetWeights()
    this.waited = 0
    this.bestEpoch = null
    this.stoppedEpoch = null
  }

  onEpochEnd(epoch: number, logs: Logs, run: TrainingRun): void {
    const value = this.monitor.read(logs)
    checkIndex(where, epoch)
    checkRun(where, run)
    const { patience, restoreBestWeights, startFromEpoch, baseline } = this.options
    if (epoch < startFromEpoch) return
    this.waited++
    if (this.monitor.isBetter(value)) {
      this.monitor.best = value
      this.bestEpoch = epoch
      if (restoreBestWeights) this.keepWeights(run.model)
      if (baseline === undefined || this.monitor.isBetter(value, baseline)) this.waited = 0
      return
    }
    // As in Keras the first epoch never ends the run.
    if (this.waited < patience || epoch === 0) return
    this.stoppedEpoch = epoch
    run.stop('early')
  }

  onTrainEnd(): void {
    if (this.bestWeights !== null && this.model !== null)
      assignAll(watchedWeights(this.model), this.bestWeights.tensors)
    this.forgetWeights()
    this.model = null
  }

  /** The best figure and its weights, and how long there was nothing better. */
  state(): State {
    const { best, waited, bestEpoch, stoppedEpoch, bestWeights } = this
    return new State({ best, waited, bestEpoch, stoppedEpoch, weights: bestWeights?.copy() ?? new State() })
  }

  /** Brings {@link state} back, in a run that has begun. @throws MyelinError ERR_ARGUMENT, ERR_SHAPE, ERR_DTYPE */
  restore(state: State): void {
    const given = checkState(state, where)
    const { best, waited, bestEpoch, stoppedEpoch } = Object.fromEntries(given.values)
    const monitor = this.monitor.checkBest(best)
    checkWhole(where, 'waited', waited as number, 0)
    for (const epoch of [bestEpoch, stoppedEpoch]) if (epoch !== null) checkIndex(where, epoch as number)
    const weights = given.part('weights')
    if (weights.tensors.size > 0 && this.model !== null)
      checkTensors(watchedWeights(this.model), weights.tensors, where, `the model ${show(this.model.name)}`)
    const kept = this.options.restoreBestWeights && weights.tensors.size > 0 ? weights.copy() : null
    this.forgetWeights()
    this.bestWeights = kept
    this.monitor.best = monitor
    this.waited = waited as number
    this.bestEpoch = bestEpoch as number | null
    this.stoppedEpoch = stoppedEpoch as number | null
  }

  private keepWeights(model: WatchedModel): void {
    this.model = model
    this.bestWeights = State.ofPaths(watchedWeights(model)).copy(this.bestWeights ?? undefined)
  }

  private forgetWeights(): void {
    this.bestWeights?.dispose()
    this.bestWeights = null
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

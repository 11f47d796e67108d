import type { Optimizer } from '../../optim/optimizer.js'
import type { Parameter } from '../../tensor/parameter.js'
import type { State } from '../../tensor/state.js'
import type { Tensor } from '../../tensor/tensor.js'
import type { Logs } from '../assessment.js'
import type { RunKeeper } from '../run-keeper.js'

/** Why a run ended before its last epoch. */
export type StopReason = 'aborted' | 'early' | 'notFinite'

/** A model as callbacks see it, or an object of one's own in its place; model/ lies a floor above. */
export interface WatchedModel {
  readonly name: string
  /** Every weight, running statistics included. */
  readonly weights: readonly Parameter[]
  getWeights(): Tensor[]
  /** In a hook it is allowed, though the model is training: no step runs then. */
  setWeights(values: readonly Tensor[]): void
  /** Keras' way to end a run: true, when a hook has returned, is {@link TrainingRun.stop}. A run begins by setting it to false. */
  stopTraining?: boolean
  /** Its weights by path, as a model has them. Default: by number. */
  weightsByPath?(): ReadonlyMap<string, Parameter>
  /** All that changes in it, as a model has it. Default: the weights. */
  state?(): State
  /** Brings {@link state} back. */
  restore?(state: State): void
}

/** The run that a callback watches: a `fit`, or a loop of one's own, where an object with the first four members does. */
export interface TrainingRun {
  readonly model: WatchedModel
  /** Its `learningRate` can be set in every hook. */
  readonly optimizer: Optimizer
  /** The number of epochs the run was asked for. */
  readonly epochs: number
  /**
   * Ends the run after the step in which it is called; from `onEpochEnd` before the next epoch. The first reason counts.
   * @param reason default 'early'
   * @throws MyelinError ERR_ARGUMENT for another reason
   */
  stop(reason?: Exclude<StopReason, 'aborted'>): void
  /** The steps of an epoch, where that is known beforehand. */
  readonly steps?: number | undefined
  /** The names of the figures that an epoch's logs will have, where they are known beforehand. */
  readonly figures?: readonly string[] | undefined
  /** In `onBatchEnd` the loss of that batch alone, where the logs hold means over the epoch. */
  readonly stepLoss?: number | undefined
}

export type Hook = (logs: Logs, run: TrainingRun) => void | Promise<void>
export type NumberedHook = (index: number, logs: Logs, run: TrainingRun) => void | Promise<void>

/**
 * Hooks that are called while a model trains; every part may be left out, and may return a promise, which is awaited. No step
 * runs during a hook. Steps come back to JavaScript one by one only where a callback has `onBatchBegin` or `onBatchEnd`.
 */
export interface Callback {
  onTrainBegin?: Hook
  onEpochBegin?: NumberedHook
  /** Batches are counted from 0 in each epoch. */
  onBatchBegin?: NumberedHook
  /** The logs are those of the epoch up to and with this batch. */
  onBatchEnd?: NumberedHook
  /** The logs are those that the history gets, validation included. */
  onEpochEnd?: NumberedHook
  /** Called last however the run ends, also when it fails, if `onTrainBegin` was called; with the last whole epoch's logs. */
  onTrainEnd?: Hook
  /**
   * Its knowledge of the run, for a checkpoint: copies, which whoever asked frees. One that has it and {@link restore} goes on,
   * in a run that is resumed, from where it was; one without begins anew. A run that is resumed within an epoch does not call
   * `onEpochBegin` for that one again.
   */
  state?(): State
  /** Brings {@link state} back; called after `onTrainBegin`. */
  restore?(state: State): void
  /** Keeps states of the run. One callback at most has it. @internal */
  readonly keeper?: RunKeeper
  /** Whether a step whose loss is NaN or infinite is left undone and ends the run. Tested inside the step, at no cost. */
  readonly mustBeFinite?: boolean
}

/** The names of the hooks, in the order in which they are first called. */
export const hooks = ['onTrainBegin', 'onEpochBegin', 'onBatchBegin', 'onBatchEnd', 'onEpochEnd', 'onTrainEnd'] as const

export type NumberedHookName = Exclude<(typeof hooks)[number], 'onTrainBegin' | 'onTrainEnd'>

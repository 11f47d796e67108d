import { MyelinError } from '../native/error.js'
import type { Optimizer } from '../optim/optimizer.js'
import type { Logs } from './assessment.js'
import type { Trainee } from './trainee.js'

/** Why a run ended before its last epoch. */
export type StopReason = 'aborted' | 'early' | 'notFinite'

/** The run that a callback watches. */
export interface TrainingRun {
  readonly model: Trainee
  readonly optimizer: Optimizer
  /** The number of epochs the run was asked for. */
  readonly epochs: number
  /** The steps of an epoch, where that is known beforehand. */
  readonly steps: number | undefined
  /** Ends the run after the step in which it is called; from `onEpochEnd` before the next epoch. */
  stop(reason: Exclude<StopReason, 'aborted'>): void
}

type Hook = (logs: Logs, run: TrainingRun) => void | Promise<void>
type NumberedHook = (index: number, logs: Logs, run: TrainingRun) => void | Promise<void>

/** What can be called while a model trains; every part may be left out, and may return a promise, which is awaited. */
export interface Callback {
  onTrainBegin?: Hook
  onEpochBegin?: NumberedHook
  /** Batches are counted from 0 in each epoch. */
  onBatchBegin?: NumberedHook
  /** The logs are those of the epoch up to and with this batch. */
  onBatchEnd?: NumberedHook
  /** The logs are those that the history gets, validation included. */
  onEpochEnd?: NumberedHook
  /** Called last however the run ends, unless it fails. */
  onTrainEnd?: Hook
}

/** Several callbacks as one. */
export class Callbacks {
  private readonly list: readonly Callback[]
  /** Whether anyone wants to hear of single batches. */
  readonly watchBatches: boolean

  /** @throws MyelinError ERR_ARGUMENT for what is no object with functions */
  constructor(callbacks: Callback | readonly Callback[]) {
    this.list = isList(callbacks) ? callbacks : [callbacks]
    for (const callback of this.list) check(callback)
    this.watchBatches = this.list.some(
      ({ onBatchBegin, onBatchEnd }) => onBatchBegin !== undefined || onBatchEnd !== undefined,
    )
  }

  /** Calls a hook of the whole run on each in turn. */
  async train(hook: 'onTrainBegin' | 'onTrainEnd', logs: Logs, run: TrainingRun): Promise<void> {
    for (const callback of this.list) await callback[hook]?.(logs, run)
  }

  /** Calls a hook of an epoch or a batch on each in turn. */
  async at(hook: NumberedHookName, index: number, logs: Logs, run: TrainingRun): Promise<void> {
    for (const callback of this.list) await callback[hook]?.(index, logs, run)
  }
}

const hooks = ['onTrainBegin', 'onEpochBegin', 'onBatchBegin', 'onBatchEnd', 'onEpochEnd', 'onTrainEnd'] as const

type NumberedHookName = Exclude<(typeof hooks)[number], 'onTrainBegin' | 'onTrainEnd'>

const isList = (callbacks: Callback | readonly Callback[]): callbacks is readonly Callback[] => Array.isArray(callbacks)

function check(callback: Callback): void {
  if (typeof callback !== 'object' || callback === null)
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[fit] a callback is an object with any of ${hooks.join(', ')}, got ${String(callback)}`,
    )
  for (const hook of hooks)
    if (callback[hook] !== undefined && typeof callback[hook] !== 'function')
      throw new MyelinError(
        'ERR_ARGUMENT',
        `[fit] ${hook} of a callback must be a function, got ${String(callback[hook])}`,
      )
}

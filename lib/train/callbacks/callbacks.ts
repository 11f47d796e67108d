import { wrong } from '../../core/check.js'
import { MyelinError } from '../../core/error.js'
import { didYouMean, lookUp } from '../../core/names.js'
import { show } from '../../core/show.js'
import { within } from '../../data/iterate.js'
import { checkState, State, type Stateful } from '../../tensor/state.js'
import type { Logs } from '../assessment.js'
import { resultOf, resultUnlessAborted } from '../promise-result.js'
import type { RunKeeper } from '../run-keeper.js'
import { betweenSteps } from '../run-lock.js'
import { type Callback, hooks, type NumberedHookName, type StopReason, type TrainingRun } from './callback.js'
import { type CallbackLike, callbackRegistry } from './choices.js'

/** Several callbacks as one. */
export class Callbacks {
  private readonly list: readonly Callback[]
  /** Whether anyone wants to hear of single batches. */
  readonly watchBatches: boolean
  /** Whether a step whose loss is not finite is to end the run. */
  readonly mustBeFinite: boolean
  /** Who keeps states of the run; null: nobody. */
  readonly keeper: RunKeeper | null

  /**
   * @param where what an error message begins with
   * @param signal ends the run, also while a hook does not come to its end
   * @throws MyelinError ERR_ARGUMENT for what is no object with functions, or an unknown name
   */
  constructor(
    callbacks: CallbackLike | readonly CallbackLike[],
    private readonly where: string,
    private readonly signal?: AbortSignal,
  ) {
    const given = isList(callbacks) ? [...callbacks] : [callbacks]
    this.list = given.map((callback) => check(callbackRegistry.get(callback, where), where))
    const twice = this.list.find((callback, i) => this.list.indexOf(callback) !== i)
    if (twice !== undefined)
      throw new MyelinError('ERR_ARGUMENT', `[${where}] a callback, ${show(twice)}, is given twice; give it once`)
    this.watchBatches = this.list.some(
      ({ onBatchBegin, onBatchEnd }) => onBatchBegin !== undefined || onBatchEnd !== undefined,
    )
    this.mustBeFinite = this.list.some(({ mustBeFinite }) => mustBeFinite === true)
    const [keeper = null, ...others] = this.list.flatMap(({ keeper }) => keeper ?? [])
    if (others.length > 0) throw wrong(where, 'two callbacks keep states to go on from; give one of them')
    this.keeper = keeper
  }

  /** Their kinds, in their order. */
  get kinds(): string[] {
    return this.list.map((callback) => callback.constructor?.name ?? 'Object')
  }

  /** The states of those that have one, in their order. Copies. */
  state(): State {
    return State.inOrder(
      this.list.map((callback) => {
        if (!isStateful(callback)) return new State()
        return checkState(callback.state(), `${this.where}: state of a callback, ${show(callback)}`)
      }),
    )
  }

  /** Brings them back, behind all `onTrainBegin`. */
  restore(state: State): void {
    const states = state.ordered(this.list.length, this.where)
    for (const [i, callback] of this.list.entries()) if (isStateful(callback)) callback.restore(states[i] as State)
  }

  /** Calls a hook of an epoch or a batch on each in turn. Resolves to whether they came to their end. */
  async at(hook: NumberedHookName, index: number, logs: Logs, run: TrainingRun): Promise<boolean> {
    for (const callback of this.list)
      if (callback[hook] !== undefined && !(await this.call(run, () => callback[hook]?.(index, logs, run))))
        return false
    return true
  }

  /** Waits for a hook, and resolves to true; once the run is aborted no longer than a second, and to false. */
  private async call(run: TrainingRun, hook: () => void | Promise<void>): Promise<boolean> {
    const called = resultOf(() => betweenSteps(run.model, hook))
    const result = (await resultUnlessAborted(called, this.signal)) ?? (await within(1000, called))
    if (result !== undefined && 'error' in result) throw result.error
    return result !== undefined
  }

  /**
   * Does a run's work between `onTrainBegin` and `onTrainEnd`. The latter is called however that ends, on all that began; of
   * several errors the first is thrown.
   * @param logs the figures to end with
   * @throws MyelinError ERR_BUSY if one of the callbacks is in another run that is under way: each keeps account of one
   */
  async around(run: TrainingRun, work: () => Promise<void>, logs: () => Logs): Promise<void> {
    this.begin()
    const begun: Callback[] = []
    let failure: { error: unknown } | null = null
    try {
      for (const callback of this.list) {
        begun.push(callback)
        if (callback.onTrainBegin !== undefined) await this.call(run, () => callback.onTrainBegin?.({}, run))
      }
      await work()
    } catch (error) {
      failure = { error }
    }
    for (const callback of begun) {
      try {
        await this.call(run, () => callback.onTrainEnd?.(logs(), run))
      } catch (error) {
        failure ??= { error }
      }
    }
    for (const callback of this.list) underWay.delete(callback)
    if (failure !== null) throw failure.error
  }

  private begin(): void {
    const busy = this.list.find((callback) => underWay.has(callback))
    if (busy !== undefined)
      throw new MyelinError(
        'ERR_BUSY',
        `[${this.where}] a callback, ${show(busy)}, is in another run that is under way; make one for each run`,
      )
    for (const callback of this.list) underWay.add(callback)
  }
}

/** Whether it has a state to keep. A property of the user's that is called `state`, and is no function, is none. */
const isStateful = (callback: Callback): callback is Callback & Stateful => typeof callback.state === 'function'

/** Those that are in a run. */
const underWay = new WeakSet<Callback>()

/** The reason that `run.stop` is given. @throws MyelinError ERR_ARGUMENT */
export function checkReason(reason: unknown): StopReason {
  return lookUp<Exclude<StopReason, 'aborted'>, StopReason>(reasons, reason, 'reason to stop', 'stop')
}

const reasons = { early: 'early', notFinite: 'notFinite' } as const

const isList = (callbacks: CallbackLike | readonly CallbackLike[]): callbacks is readonly CallbackLike[] =>
  Array.isArray(callbacks)

const isHook = (name: string): boolean => (hooks as readonly string[]).includes(name)

function check(callback: Callback, where: string): Callback {
  if (typeof callback !== 'object' || callback === null)
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[${where}] a callback is a name or an object with any of ${hooks.join(', ')}, got ${show(callback)}`,
    )
  refuseMisnamed(callback, where)
  for (const hook of hooks)
    if (callback[hook] !== undefined && typeof callback[hook] !== 'function')
      throw new MyelinError(
        'ERR_ARGUMENT',
        `[${where}] ${hook} of a callback must be a function, got ${show(callback[hook])}`,
      )
  if ((typeof callback.state === 'function') !== (typeof callback.restore === 'function'))
    throw wrong(where, `a callback, ${show(callback)}, has one of state() and restore(state); give it both`)
  return callback
}

/**
 * Refuses what looks like a hook but would never be called, such as Keras' `on_epoch_end`. Methods of a class may be helpers: of these
 * only what is near a hook's name.
 */
function refuseMisnamed(callback: Callback, where: string): void {
  const misnamed = (name: string): boolean => /^on(_|[A-Z])/.test(name) && !isHook(name)
  const found =
    Object.keys(callback).find(misnamed) ??
    methodsOf(callback).find((name) => misnamed(name) && (name.startsWith('on_') || nearHook(name) !== ''))
  if (found === undefined) return
  throw new MyelinError(
    'ERR_ARGUMENT',
    `[${where}] unknown hook of a callback ${show(found)}.${nearHook(found)} Known: ${hooks.join(', ')}`,
  )
}

/** Batches are those of training: Keras' `on_train_batch_end` is `onBatchEnd`. */
const nearHook = (name: string): string => didYouMean(name.replace(/train_?batch/i, 'batch'), hooks)

/** The names of the methods that an object has from its class and the classes behind it. */
function methodsOf(value: object): string[] {
  const prototype: object | null = Object.getPrototypeOf(value)
  if (prototype === null || Object.getPrototypeOf(prototype) === null) return []
  return [...Object.getOwnPropertyNames(prototype), ...methodsOf(prototype)]
}

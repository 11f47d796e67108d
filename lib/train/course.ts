import { checkFlag, checkWhole, wrong } from '../core/check.js'
import { isListOf, isPlainObject } from '../core/kinds.js'
import { put } from '../core/records.js'
import { show } from '../core/show.js'
import { State } from '../tensor/state.js'
import type { Logs } from './assessment.js'
import type { StopReason } from './callbacks/callback.js'
import { checkReason } from './callbacks/callbacks.js'
import type { History } from './history.js'

/** How far a run of `fit` has come, and what it came to so far. */
export class Course {
  /** The epoch that the next step is in. */
  epoch: number
  /** Whether callbacks have heard of its beginning. */
  begun = false
  /** How many of its steps are done. */
  step = 0
  /** How many steps are done in the whole run. */
  steps = 0
  /** Where the next step is in the source, which may have been read further; null before the first pass. */
  place: { pass: number; step: number } | null = null
  /** The run's outcome. */
  result: History = { epoch: [], history: {} }
  /** The figures of the last whole epoch. */
  logs: Logs = {}

  constructor(initialEpoch: number) {
    this.epoch = initialEpoch
  }

  /** Counts steps that are done. */
  advance(steps: number): void {
    this.step += steps
    this.steps += steps
    if (this.place !== null) this.place.step += steps
  }

  /** Goes on to the next epoch. @param pass whether that begins a pass of its own */
  nextEpoch(pass: boolean): void {
    this.epoch++
    this.step = 0
    this.begun = false
    if (pass) this.place = null
  }

  /** The first reason counts. */
  end(reason: StopReason): void {
    this.result.stopped ??= reason
  }

  /** By values. An abort is not among them: what was aborted goes on. */
  state(): State {
    const { epoch, begun, step, steps, place, result, logs } = this
    const { stopped = null } = result
    return new State({
      epoch,
      begun,
      step,
      steps,
      place: place === null ? null : { ...place },
      stopped: stopped === 'aborted' ? null : stopped,
      history: { epoch: [...result.epoch], figures: copyOf(result.history) },
      logs: { ...logs },
    })
  }

  /** Checks a state; what is returned brings it back. */
  restoring(state: State, where: string): () => void {
    const { epoch, begun, step, steps, place, stopped, history, logs } = Object.fromEntries(state.values)
    for (const [name, value] of Object.entries({ epoch, step, steps }))
      checkWhole(where, `${name} in the state`, value as number, 0)
    checkFlag(where, 'begun in the state', begun as boolean)
    if (place !== null && !isPlace(place)) throw wrong(where, `the state has no place in the data, but ${show(place)}`)
    if (!isPlainObject(logs) || !Object.values(logs).every(isNumber))
      throw wrong(where, `the state has no figures, but ${show(logs)}`)
    const result = checkHistory(history, where)
    if (stopped !== null) result.stopped = checkReason(stopped)
    return () => {
      this.epoch = epoch as number
      this.begun = begun as boolean
      this.step = step as number
      this.steps = steps as number
      this.place = place === null ? null : { ...place }
      this.logs = { ...(logs as Logs) }
      this.result = result
    }
  }
}

const isNumber = (value: unknown): value is number => typeof value === 'number'

const isPlace = (value: unknown): value is { pass: number; step: number } =>
  isPlainObject(value) &&
  [value.pass, value.step].every((count) => Number.isSafeInteger(count) && (count as number) >= 0)

/** Names of figures are the user's, `__proto__` among them, which must stay its own. */
const copyOf = (figures: Readonly<Record<string, readonly number[]>>): Record<string, number[]> =>
  Object.fromEntries(Object.entries(figures).map(([name, values]) => [name, [...values]]))

function checkHistory(given: unknown, where: string): History {
  const { epoch, figures } = isPlainObject(given) ? given : {}
  if (!isListOf(epoch, isNumber) || !isPlainObject(figures))
    throw wrong(where, `the state has no history, but ${show(given)}`)
  const lists: Record<string, readonly number[]> = {}
  for (const [name, values] of Object.entries(figures)) {
    if (!isListOf(values, isNumber)) throw wrong(where, `the history in the state has no figures ${show(name)}`)
    put(lists, name, values)
  }
  return { epoch: [...epoch], history: copyOf(lists) }
}

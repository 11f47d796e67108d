import type { State } from '../tensor/state.js'

/** A moment between two steps of a run. */
export interface RunMoment {
  /** The epoch that the next step is in, counted from 0. */
  readonly epoch: number
  /** How many of its steps are done. */
  readonly step: number
  /** How many steps are done in the whole run. */
  readonly steps: number
  /** Whether the run has ended there: aborted, stopped by a callback, or whole. */
  readonly ended: boolean
}

/** Keeps states of a run, from which it can go on in another process. A callback that has one is asked between steps. */
export interface RunKeeper {
  /** The state that the run goes on from, which frees it; null: it begins at its beginning. Called behind all `onTrainBegin`. */
  begin(): State | null | Promise<State | null>
  /** It is asked after so many steps, and each multiple, counted over the whole run. Default: only between epochs. */
  readonly everySteps?: number | undefined
  /** When it wants to be asked next, by `performance.now()`: steps under way are interrupted then. */
  readonly dueAt?: number | undefined
  /** Whether a state is wanted. Asked between epochs, at the end, and where {@link everySteps} and {@link dueAt} say. */
  wants(moment: RunMoment): boolean
  /** Takes a state over, which it frees. Steps wait for what it returns. */
  keep(state: State, moment: RunMoment): void | Promise<void>
}

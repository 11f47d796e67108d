import type { Callback } from './callback.js'

/** The callback that {@link terminateOnNaN} makes. */
export class TerminateOnNaN implements Callback {
  readonly mustBeFinite = true
}

/**
 * Ends the run at the first step whose loss is NaN or infinite. Unlike in Keras that step is not applied: the weights, the
 * optimizer's state and the running statistics are those of the last whole step, the epoch does not enter the history, and
 * `History.stopped` is `'notFinite'`. Without this callback training goes on.
 *
 * The test is part of the compiled step and does not slow it down. In a loop of one's own `TrainingLoop` ends the run after the
 * step, which is not applied either where `compileStep` was given `mustBeFinite`.
 */
export const terminateOnNaN = (): TerminateOnNaN => new TerminateOnNaN()

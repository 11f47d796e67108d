import type { Parameter } from '../../tensor/parameter.js'
import { assignAll, State } from '../../tensor/state.js'
import type { WatchedModel } from './callback.js'

/** The weights of what a callback watches by path; of what has no paths, by number. */
export const watchedWeights = (model: WatchedModel): ReadonlyMap<string, Parameter> =>
  model.weightsByPath?.() ?? new Map(model.weights.map((weight, i) => [String(i), weight]))

/** The state of what a callback watches; of what has none, the weights. */
export const watchedState = (model: WatchedModel): State =>
  model.state?.() ?? State.ofPaths(watchedWeights(model)).copy()

/** Brings {@link watchedState} back. */
export function restoreWatched(model: WatchedModel, state: State): void {
  if (model.restore !== undefined) model.restore(state)
  else assignAll(watchedWeights(model), state.tensors)
}

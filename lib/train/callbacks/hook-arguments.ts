import { checkWhole, wrong } from '../../core/check.js'
import { isListOf } from '../../core/kinds.js'
import { show } from '../../core/show.js'
import { Optimizer } from '../../optim/optimizer.js'
import { Parameter } from '../../tensor/parameter.js'
import type { Logs } from '../assessment.js'
import type { TrainingRun, WatchedModel } from './callback.js'

// Arguments of hooks. Those of `fit` are right; those of others who call a callback's hooks may not be.
// `where` is what the message begins with: the callback.

/**
 * The figures of an epoch or a batch: numbers by their names.
 * @param needed the only one that is read; default all
 * @param what what messages say that they are
 */
export function checkLogs(where: string, logs: Logs, needed?: string, what = 'the logs must be figures'): Logs {
  if (typeof logs !== 'object' || logs === null) throw wrong(where, `${what}, such as { loss }, got ${show(logs)}`)
  for (const [name, figure] of Object.entries(logs))
    if ((needed === undefined || name === needed) && typeof figure !== 'number')
      throw wrong(where, `the figure ${show(name)} must be a number, got ${show(figure)}`)
  return logs
}

/** The number of an epoch or a batch, from 0. */
export const checkIndex = (where: string, index: number): number =>
  checkWhole(where, 'the number of the epoch or batch', index, 0)

/** The run that is watched. */
export function checkRun(where: string, run: TrainingRun): TrainingRun {
  if (typeof run !== 'object' || run === null)
    throw wrong(where, `needs the run, an object with model, optimizer, epochs and stop, got ${show(run)}`)
  checkModel(where, run.model)
  if (!(run.optimizer instanceof Optimizer))
    throw wrong(where, `optimizer must be an optimizer, got ${show(run.optimizer)}`)
  if (typeof run.stop !== 'function') throw wrong(where, `stop of the run must be a function, got ${show(run.stop)}`)
  return run
}

/** A model, as far as callbacks see it. */
export function checkModel(where: string, model: WatchedModel): WatchedModel {
  if (typeof model === 'object' && model !== null && isListOf(model.weights, isParameter)) return model
  throw wrong(where, `model must be a model, got ${show(model)}`)
}

const isParameter = (weight: unknown): boolean => weight instanceof Parameter

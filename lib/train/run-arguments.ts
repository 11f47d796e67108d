import { isBatchIterable, isBatchList, isRecord, type ModelData } from '../data/source.js'
import { wrong } from '../native/check.js'
import type { Layout } from './sample-set.js'

/** What comes after x. */
export interface RunArguments<O> {
  y: ModelData | undefined
  options: O
}

/**
 * Batches bring their targets, so that options may come straight after them, as in Keras' `fit(dataset, epochs=…)`.
 * @throws MyelinError ERR_ARGUMENT if options come twice
 */
export function runArguments<O extends object>(
  where: string,
  x: unknown,
  second: ModelData | O | undefined,
  third: O | undefined,
  layout: Layout,
): RunArguments<O> {
  if (!isOptions(x, second, layout))
    return { y: second as ModelData | undefined, options: third === undefined ? ({} as O) : third }
  if (third !== undefined)
    throw wrong(where, 'x is an iterable of batches, which bring y; the options are given twice: give them once')
  return { y: undefined, options: second as O }
}

/** Targets by name are a record, too, and have the name of an output. */
function isOptions(x: unknown, second: unknown, { inputNames, outputNames }: Layout): boolean {
  if (!isRecord(second) || outputNames.some((name) => Object.hasOwn(second, name))) return false
  return isBatchIterable(x, inputNames.length > 1) || isBatchList(x)
}

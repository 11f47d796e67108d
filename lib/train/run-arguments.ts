import { wrong } from '../core/check.js'
import { isBatchIterable, isBatchList, isRecord, type ModelData } from '../data/source.js'
import type { Layout } from './data/sample-set.js'

/** The arguments after x. */
export interface RunArguments<O> {
  y: ModelData | undefined
  options: O
}

/**
 * Batches bring their targets, so that options may come straight after them, as in Keras' `fit(dataset, epochs=…)`.
 * @param known the names of the options
 * @throws MyelinError ERR_ARGUMENT if options come twice, or in the place of targets
 */
export function runArguments<O extends object>(
  where: string,
  x: unknown,
  second: ModelData | O | undefined,
  third: O | undefined,
  layout: Layout,
  known: readonly string[],
): RunArguments<O> {
  if (!isOptions(x, second, layout)) {
    if (third === undefined && isRecord(second) && Object.keys(second).some((key) => known.includes(key)))
      throw wrong(where, `y is missing: ${where}(x, y, { ${Object.keys(second).join(', ')} })`)
    return { y: second as ModelData | undefined, options: third === undefined ? ({} as O) : third }
  }
  if (third !== undefined)
    throw wrong(where, 'x is an iterable of batches, which bring y; the options are given twice: give them once')
  return { y: undefined, options: second as O }
}

/** Targets by name are a record, too, and have the name of an output. */
function isOptions(x: unknown, second: unknown, { inputNames, outputNames }: Layout): boolean {
  if (!isRecord(second) || outputNames.some((name) => Object.hasOwn(second, name))) return false
  return isBatchIterable(x, inputNames.length > 1) || isBatchList(x)
}

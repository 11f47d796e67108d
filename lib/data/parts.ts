import { wrong } from '../core/check.js'
import { own } from '../core/records.js'
import { listed, show } from '../core/show.js'
import { isRecord, isWhole } from './source.js'

/** The data of one input or output, and what a message calls it. */
export interface Part {
  readonly data: unknown
  readonly name: string
}

/**
 * The data of each input or output, in their order, of a list, a record by name, or where there is only one the data itself.
 * @param names of the inputs or outputs
 * @param where what an error message begins with: `fit`
 * @param argument the argument's name: `x`
 * @throws MyelinError ERR_ARGUMENT for a list of another length, a name that is unknown or missing
 */
export function partsOf(data: unknown, names: readonly string[], where: string, argument: string): Part[] {
  if (isRecord(data)) return named(data, names, where, argument, true)
  if (names.length === 1) {
    // A list of one, unless it is a nested array.
    const only = Array.isArray(data) && data.length === 1 && isWhole(data[0]) ? data[0] : data
    return [{ data: only, name: argument }]
  }
  if (!Array.isArray(data) || data.length !== names.length) {
    const given = Array.isArray(data) ? `a list of ${data.length}` : show(data)
    throw wrong(where, `${argument} must have a part for each of ${list(names)}: a list or a record, got ${given}`)
  }
  return names.map((name, i) => ({ data: data[i], name: partName(argument, name) }))
}

/**
 * Parts of weights on samples: one array serves all outputs, and one that is not named has none, `data` undefined.
 */
export function weightPartsOf(data: unknown, names: readonly string[], where: string): Part[] {
  const argument = 'sampleWeight'
  if (data === undefined || data === null) return names.map((name) => ({ data: undefined, name }))
  if (isRecord(data)) return named(data, names, where, argument, false)
  if (names.length > 1 && (isWhole(data) || (Array.isArray(data) && typeof data[0] === 'number')))
    return names.map(() => ({ data, name: argument }))
  return partsOf(data, names, where, argument).map(({ data, name }) => ({ data: data ?? undefined, name }))
}

function named(
  data: Readonly<Record<string, unknown>>,
  names: readonly string[],
  where: string,
  argument: string,
  complete: boolean,
): Part[] {
  const unknown = Object.keys(data).find((key) => !names.includes(key))
  if (unknown !== undefined)
    throw wrong(where, `${argument} has a part ${show(unknown)}, which the model does not; it has ${list(names)}`)
  const missing = names.find((name) => own(data, name) === undefined)
  if (complete && missing !== undefined) throw wrong(where, `${argument} has no part ${show(missing)}`)
  return names.map((name) => ({ data: own(data, name) ?? undefined, name: partName(argument, name) }))
}

const partName = (argument: string, name: string): string => `${argument} ${show(name)}`

const list = (names: readonly string[]): string => listed(names.map(show))

import type { MyelinError } from '../core/error.js'
import { isPlainObject } from '../core/kinds.js'
import { show } from '../core/show.js'
import { State, type StateValue } from '../tensor/state.js'
import { parseJson } from './json.js'
import { fromPlain, mostDepth, toPlain } from './plain-data.js'
import { hashName, TensorFile, writeTensors } from './tensor-file.js'

// A checkpoint's file: the tensors of a state by their paths; its values as JSON in the metadata.

const metadataName = 'myelin'
const formatVersion = 1

/** Bounds of the values: room for those of a run of very many epochs. */
const bounds = { depth: mostDepth, values: 10_000_000 }

/**
 * Writes a state, whole or not at all. A function that can tell no config, such as a schedule of the user's, is written as null: whoever
 * brings the state back has it.
 * @throws MyelinError ERR_FORMAT for a path that cannot be written; what was there before is as it was
 */
export async function writeState(where: string, path: string, { tensors, values }: State): Promise<void> {
  const told = [...values].map(([name, value]) => [name, toPlain(isNameless(value) ? null : value, where, name)])
  const description = { version: formatVersion, checkpoint: Object.fromEntries(told) }
  await writeTensors(where, path, tensors, { [metadataName]: JSON.stringify(description) })
}

/**
 * Reads a state, which is the caller's.
 * @throws MyelinError ERR_FORMAT for a file that is missing, damaged, of a later version of Myelin or something else; ERR_MEMORY
 */
export function readState(where: string, path: string): Promise<State> {
  return TensorFile.use(where, path, async (file) => {
    const fault = (what: string, cause?: unknown): MyelinError => file.fault(`has a description that ${what}`, cause)
    const text = file.text(metadataName)
    const told = text === undefined ? {} : parseJson(text, bounds, fault)
    const { version, checkpoint } = isPlainObject(told) ? told : {}
    if (typeof version === 'number' && version > formatVersion)
      throw file.fault(`was written by a later version of Myelin, in form ${show(version)}: update it`)
    if (!isPlainObject(checkpoint)) throw file.fault('is no checkpoint')
    if (file.text(hashName) === undefined) throw file.fault('is damaged: it does not say its hash')
    const values = Object.entries(checkpoint).map(([name, value]) => [name, fromPlain(value, where)] as const)
    return State.ofPaths(await file.read(), new Map(values) as ReadonlyMap<string, StateValue>)
  })
}

const isNameless = (value: StateValue): boolean => typeof value === 'function' && !('getConfig' in value)

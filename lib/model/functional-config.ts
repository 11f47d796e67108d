import { wrong } from '../core/check.js'
import { isListOf, isPlainObject } from '../core/kinds.js'
import { listed, show } from '../core/show.js'
import type { AnyLayer, SymbolicTensor } from '../nn/layer.js'
import { InputLayer } from '../nn/layers/input.js'
import { type LayerRecord, makeLayers } from './layer-records.js'

/** A graph of layers as plain data. Values are known by their numbers: those of the inputs first, then what one call after the other gives. */
export interface FunctionalConfig {
  readonly name?: string
  readonly trainable?: boolean
  readonly learningRateMultiplier?: number
  /** Each layer once; those of the inputs first, in their order. */
  readonly layers: readonly LayerRecord[]
  /** The applications of layers, in the order in which they compute. */
  readonly calls: readonly Call[]
  /** The names of the inputs. */
  readonly inputs: readonly string[]
  readonly outputs: readonly { readonly name: string; readonly value: number }[]
}

interface Call {
  /** The layer's name. */
  readonly layer: string
  /** The numbers of the values that it takes. */
  readonly inputs: readonly number[]
  /** Whether it is given them as a list, where there may be one. */
  readonly listed?: true
}

/** The members of {@link FunctionalConfig} that no other options of a model have. */
export const ofConfig = ['layers', 'calls'] as const satisfies (keyof FunctionalConfig)[]

/** The symbolic inputs and outputs by name. @throws MyelinError ERR_ARGUMENT for a config that does not hold together */
export function symbolsOf(
  config: FunctionalConfig,
  where: string,
): Record<'inputs' | 'outputs', ReadonlyMap<string, SymbolicTensor>> {
  const { layers: records, calls, inputs, outputs } = config
  const isText = (given: unknown): boolean => typeof given === 'string'
  if (!Array.isArray(records) || !isListOf(calls, isCall) || !isListOf(inputs, isText) || !isListOf(outputs, isOutput))
    throw wrong(
      where,
      `a config holds layers, calls, inputs and outputs as getConfig() gives them, got ${show(config)}`,
    )
  const layers = makeLayers(records, where)
  const values = inputs.map((name, i) => inputOf(layers[i], name, where))
  const at = (i: number): SymbolicTensor => {
    const value = values[i]
    if (value !== undefined) return value
    throw wrong(where, `the config asks for the value ${i}, when there are ${values.length}`)
  }
  for (const { layer: name, inputs: read, listed: isListed } of calls) {
    const layer = layers.find((layer) => layer.name === name)
    if (layer === undefined)
      throw wrong(
        where,
        `the config calls ${show(name)}, which is none of its layers: ${listed(layers.map(({ name }) => name))}`,
      )
    const given = read.map(at)
    values.push(...[layer.apply(isListed ? given : (given[0] as SymbolicTensor))].flat())
  }
  return {
    inputs: new Map(inputs.map((name, i) => [name, at(i)])),
    outputs: new Map(outputs.map(({ name, value }) => [name, at(value)])),
  }
}

function inputOf(layer: AnyLayer | undefined, name: string, where: string): SymbolicTensor {
  if (layer instanceof InputLayer) return layer.output
  throw wrong(
    where,
    `the config has no input layer for the input ${show(name)}: the first of its layers are those of its inputs`,
  )
}

const isCall = (given: unknown): given is Call =>
  isPlainObject(given) &&
  typeof given.layer === 'string' &&
  isListOf(given.inputs, Number.isInteger) &&
  given.inputs.length > 0

const isOutput = (given: unknown): given is FunctionalConfig['outputs'][number] =>
  isPlainObject(given) && typeof given.name === 'string' && Number.isInteger(given.value)

import { wrong } from '../core/check.js'
import { withFunctions } from '../core/config.js'
import { MyelinError } from '../core/error.js'
import { isPlainObject } from '../core/kinds.js'
import { listed, show } from '../core/show.js'
import type { ModelJson } from '../model/files.js'
import { isLayerRecord, makeLayers, tellLayers } from '../model/layer-records.js'
import { type AnyModel, Model } from '../model/model.js'
import { layerRegistry } from '../nn/layer-classes.js'
import { type JsonBounds, parseJson } from './json.js'
import { fromPlain, mostDepth, toPlain } from './plain-data.js'

/** The form in which models are written. A file of a later one is refused. */
export const formatVersion = 1

/** Bounds of a text that describes a model. */
export const jsonBounds: JsonBounds = { depth: mostDepth, values: 1_000_000 }

const mostLayers = 5000

/** A model's layers as plain data. @throws MyelinError ERR_FORMAT for what no config can hold */
export function tellModel(model: AnyModel, where: string): ModelJson {
  const [record] = tellLayers([model], where)
  const { className, config } = toPlain(record, where, 'the model') as Omit<ModelJson, 'version'>
  return { version: formatVersion, className, config }
}

/**
 * The model that plain data describe. Its weights have their first values.
 * @param named what messages call the data, behind who reads them: `[loadModel] net.safetensors`
 * @throws MyelinError ERR_FORMAT for what describes none, a later version, and classes that are not registered
 */
export function makeModel(given: unknown, named: string): AnyModel {
  const fault = (what: string, cause?: unknown): MyelinError =>
    new MyelinError('ERR_FORMAT', `${named} ${what}`, { cause })
  if (!isPlainObject(given)) throw fault(`describes no model, but is ${show(given)}`)
  const { version, className, config } = given
  checkVersion(version, fault)
  const record = { className, config }
  if (!isLayerRecord(record) || typeof className !== 'string')
    throw fault('describes no model: it needs a className and a config')
  refuseStrangers(record, fault)
  const [model] = guarded('describes a model that cannot be made', fault, () =>
    makeLayers([fromPlain(record, 'config')], 'config'),
  )
  if (model instanceof Model) return model
  throw fault(`describes no model, but a layer of the class ${className}`)
}

/** @throws MyelinError ERR_FORMAT unless it is a version that is read here */
export function checkVersion(version: unknown, fault: (what: string) => MyelinError): void {
  if (!Number.isSafeInteger(version) || (version as number) < 1)
    throw fault(`describes no model: its version is ${show(version)}`)
  if ((version as number) > formatVersion)
    throw fault(
      `was written by a later version of Myelin, in form ${version}; this one reads ${formatVersion}: update it`,
    )
}

/** The result of fn, in which all that is refused is the file's fault, but for a lack of memory. */
export function guarded<T>(what: string, fault: (what: string, cause?: unknown) => MyelinError, fn: () => T): T {
  try {
    return fn()
  } catch (error) {
    if (error instanceof MyelinError && (error.code === 'ERR_MEMORY' || error.code === 'ERR_BUSY')) throw error
    const hint =
      error instanceof MyelinError && / unknown /.test(error.message) ? '; register what is your own first' : ''
    throw fault(`${what}: ${(error as Error).message}${hint}`, error)
  }
}

/** Refuses classes that are not registered, before anything is made. */
function refuseStrangers(outermost: object, fault: (what: string) => MyelinError): void {
  const strangers = new Set<string>()
  const open: { record: unknown; depth: number }[] = [{ record: outermost, depth: 0 }]
  let layers = 0
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { record, depth } = next
    if (!isLayerRecord(record) || 'shared' in record) continue
    const { className, config } = record
    if (++layers > mostLayers) throw fault(`describes more than ${mostLayers} layers`)
    if (depth > mostDepth / 3) throw fault('describes models that are nested too deep')
    if (!layerRegistry.names.includes(className)) strangers.add(className)
    if (Array.isArray(config.layers)) for (const inner of config.layers) open.push({ record: inner, depth: depth + 1 })
  }
  if (strangers.size === 0) return
  const [one, ...more] = strangers
  const classes =
    more.length === 0 ? `a class ${show(one)}, which is` : `classes ${listed([...strangers], 8)}, which are`
  throw fault(
    `has layers of ${classes} not registered: call registerLayer(…) with ${more.length === 0 ? 'it' : 'them'} first`,
  )
}

/**
 * The model that `model.toJSON()` described, or the text that `JSON.stringify(model)` wrote. Its weights have their first values.
 * @typeParam M what it is known to be, such as Sequential
 * @throws MyelinError ERR_FORMAT for what describes no model, a later version of Myelin, and classes that are not registered:
 *   `registerLayer`; ERR_MEMORY
 */
export function modelFromJSON<M extends AnyModel = Model>(json: ModelJson | string): M {
  const named = '[modelFromJSON] the text'
  const fault = (what: string, cause?: unknown): MyelinError =>
    new MyelinError('ERR_FORMAT', `${named} ${what}`, { cause })
  return makeModel(typeof json === 'string' ? parseJson(json, jsonBounds, fault) : json, named) as M
}

/**
 * An equal model with layers and weights of its own, which have their first values, as in Keras. Functions of yours are taken as they are,
 * registered or not. It is not compiled. `copy.restore(model.state())` gives it the weights of the other.
 * @throws MyelinError ERR_FORMAT if a layer of yours cannot be made by its config; ERR_ARGUMENT for what is no model
 */
export function cloneModel<M extends AnyModel>(model: M): M {
  if (!(model instanceof Model)) throw wrong('cloneModel', `takes a model, got ${show(model)}`)
  const fault = (what: string, cause?: unknown): MyelinError =>
    new MyelinError('ERR_FORMAT', `[cloneModel] ${model.name} ${what}`, { cause })
  return guarded('cannot be made by its config', fault, () => {
    const [copy] = withFunctions(() => makeLayers(tellLayers([model], 'cloneModel'), 'cloneModel'))
    return copy as AnyModel as M
  })
}

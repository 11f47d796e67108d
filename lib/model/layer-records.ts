import { wrong } from '../core/check.js'
import { unlessSaved } from '../core/config.js'
import { isPlainObject } from '../core/kinds.js'
import { show } from '../core/show.js'
import type { AnyLayer } from '../nn/layer.js'
import { type LayerClass, layerRegistry } from '../nn/layer-classes.js'

/**
 * A layer in a model's config: its registered class and its own config. A layer that stands at several places, as when two models in a model
 * have one in common, is told once, and elsewhere by the way there from the outermost model: `encoder/dense`.
 */
export type LayerRecord =
  | { readonly className: string; readonly config: Readonly<Record<string, unknown>> }
  | { readonly shared: string }

/** Records of the outermost model so far, and the way to the model that is at work. */
interface Walk<K, V> {
  readonly known: Map<K, V>
  way: string
}

let telling: Walk<AnyLayer, string> | null = null
let making: Walk<string, AnyLayer> | null = null

/** The records of a model's layers. @throws MyelinError ERR_FORMAT for a class that is not registered, or what no config can hold */
export function tellLayers(layers: readonly AnyLayer[], where: string): LayerRecord[] {
  const outer = telling
  const walk = outer ?? { known: new Map<AnyLayer, string>(), way: '' }
  telling = walk
  try {
    return layers.map((layer) => {
      const shared = walk.known.get(layer)
      if (shared !== undefined) return { shared }
      return along(walk, layer.name, (path) => {
        walk.known.set(layer, path)
        return { className: classOf(layer, where), config: layer.getConfig() }
      })
    })
  } finally {
    telling = outer
  }
}

/** The layers of records. @throws MyelinError ERR_ARGUMENT for what is no record, an unknown class, and wrong options */
export function makeLayers(records: readonly unknown[], where: string): AnyLayer[] {
  const outer = making
  const walk = outer ?? { known: new Map<string, AnyLayer>(), way: '' }
  making = walk
  try {
    return records.map((record) => {
      if (!isLayerRecord(record))
        throw wrong(where, `a layer of a config is { className, config }, got ${show(record)}`)
      if ('shared' in record) {
        const shared = walk.known.get(record.shared)
        if (shared !== undefined) return shared
        throw wrong(where, `the config has no layer ${show(record.shared)} before the one that is to be the same`)
      }
      const { className, config } = record
      const Class: LayerClass = typeof className === 'function' ? className : layerRegistry.find(className, where)
      return along(walk, String(config.name), (path) => {
        const layer = Class.fromConfig(config)
        walk.known.set(path, layer)
        return layer
      })
    })
  } finally {
    making = outer
  }
}

/** Whether a value is a layer as a config holds it. */
export const isLayerRecord = (value: unknown): value is LayerRecord =>
  isPlainObject(value) &&
  (typeof value.shared === 'string' ||
    ((typeof value.className === 'string' || typeof value.className === 'function') && isPlainObject(value.config)))

/** Goes into a layer by its name, and comes back. */
function along<T>(walk: { way: string }, name: string, fn: (path: string) => T): T {
  const { way } = walk
  const path = way + name.replaceAll('~', '~0').replaceAll('/', '~1')
  walk.way = `${path}/`
  try {
    return fn(path)
  } finally {
    walk.way = way
  }
}

function classOf(layer: AnyLayer, where: string): string {
  const Class = layer.constructor as LayerClass
  const name = layerRegistry.nameOf(Class)
  if (name !== null) return name
  const remedy = `registerLayer(${Class.name}) gives it a name`
  return unlessSaved(Class as never, where, `the class of the layer ${show(layer.name)}`, remedy)
}

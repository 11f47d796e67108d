import { wrong } from '../core/check.js'
import { Registry } from '../core/registry.js'
import { show } from '../core/show.js'
import { type AnyLayer, Layer } from './layer.js'
import { classNameOf } from './layer-name.js'
import * as layers from './layers/index.js'

/** A class of layers, made by options. */
export interface LayerClass {
  new (options: never): AnyLayer
  readonly name: string
  fromConfig(config: object): AnyLayer
}

const isLayerClass = (value: unknown): value is LayerClass =>
  typeof value === 'function' && Object.prototype.isPrototypeOf.call(Layer.prototype, value.prototype)

/** Classes of layers by `className`. */
export const layerRegistry = new Registry<string, LayerClass>(
  'layer',
  Object.fromEntries(
    Object.values<unknown>(layers)
      .filter(isLayerClass)
      .map((Class) => [classNameOf(Class), Class]),
  ),
)

/**
 * Lets a class of layers be found by its name, so that models that have such a layer are made again from their configs. Its constructor
 * must take what its `getConfig()` gives.
 * @param Class extends Layer; goes by its static `className`, or if it has none by its own name, which bundlers may shorten
 * @throws MyelinError ERR_ARGUMENT for what is no such class, or if the name is taken
 */
export function registerLayer(Class: LayerClass): void {
  if (!isLayerClass(Class)) throw wrong('registerLayer', `takes a class that extends Layer, got ${show(Class)}`)
  layerRegistry.add(classNameOf(Class), Class)
}

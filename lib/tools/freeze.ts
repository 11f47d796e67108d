import { wrong } from '../core/check.js'
import { checkOptions } from '../core/names.js'
import { show } from '../core/show.js'
import { type AnyModel, Model } from '../model/model.js'
import type { AnyLayer } from '../nn/layer.js'

/** A layer by its name, or its number; negative ones count from the end. */
export type LayerReference = string | number

export interface FreezeOptions {
  /** The last of the layers, in the order of `model.layers`. */
  upTo?: LayerReference
  /** Which ones. */
  layers?: readonly LayerReference[]
}

export interface UnfreezeOptions {
  /** The first of the layers, in the order of `model.layers`. */
  from?: LayerReference
  /** Which ones. */
  layers?: readonly LayerReference[]
}

/**
 * Keeps the weights of layers as they are: training leaves them alone from the next `fit`, or the next compiled step, on. With `upTo` those
 * of the layers up to that one, itself included, with `layers` those of the layers that are told, else all. Batch normalization
 * that is frozen uses its running statistics in training, too, and leaves them as they are, as in Keras. `layer.trainable = false` of each.
 * @throws MyelinError ERR_ARGUMENT for what is no model, or a layer that it does not have; nothing is changed then
 */
export function freeze(model: AnyModel, options: FreezeOptions = {}): void {
  checkModel('freeze', model)
  checkOptions(options, ['upTo', 'layers'], 'freeze', 'upTo')
  const { upTo, layers } = options
  checkOne('freeze', 'upTo', upTo, layers)
  if (upTo === undefined && layers === undefined) model.trainable = false
  const last = upTo === undefined ? -1 : placeOf(model, upTo)
  for (const layer of chosen('freeze', model, layers) ?? model.layers.slice(0, last + 1)) layer.trainable = false
}

/**
 * Lets training change the weights of layers again: with `from` those of that layer and all behind it, with `layers` those of the layers
 * that are told, else all. A model that was frozen as a whole is set free for them, its other layers stay as they are.
 * @throws MyelinError ERR_ARGUMENT for what is no model, or a layer that it does not have; nothing is changed then
 */
export function unfreeze(model: AnyModel, options: UnfreezeOptions = {}): void {
  checkModel('unfreeze', model)
  checkOptions(options, ['from', 'layers'], 'unfreeze', 'from')
  const { from, layers } = options
  checkOne('unfreeze', 'from', from, layers)
  if (from === undefined && layers === undefined) model.trainable = true
  const first = from === undefined ? model.layers.length : placeOf(model, from)
  const free = chosen('unfreeze', model, layers) ?? model.layers.slice(first)
  model.treatAs({ trainable: true, learningRateMultiplier: model.learningRateMultiplier })
  for (const layer of free) layer.trainable = true
}

function checkModel(where: string, model: unknown): void {
  if (!(model instanceof Model)) throw wrong(where, `takes a model, got ${show(model)}`)
}

function checkOne(where: string, name: string, bound: unknown, layers: unknown): void {
  if (bound !== undefined && layers !== undefined) throw wrong(where, `takes ${name} or layers, not both`)
}

const placeOf = (model: AnyModel, which: LayerReference): number => model.layers.indexOf(model.getLayer(which))

/** The layers of a list of references; undefined where there is no list. */
function chosen(where: string, model: AnyModel, layers: readonly LayerReference[] | undefined): AnyLayer[] | undefined {
  if (layers === undefined) return undefined
  if (!Array.isArray(layers)) throw wrong(where, `layers must be a list of names and numbers, got ${show(layers)}`)
  return layers.map((which: LayerReference) => model.getLayer(which))
}

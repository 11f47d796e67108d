import { isNativeError } from 'node:util/types'
import { tap, taps } from '../autodiff/taps.js'
import { MyelinError } from '../core/error.js'
import { show } from '../core/show.js'
import { layerAtWork } from '../tensor/recorder.js'
import { Tensor } from '../tensor/tensor.js'
import { formatShapes, isShapeList, type Shapes } from './shapes.js'

/** The result of a layer. An error of an op names the layer, where layers hold layers the innermost. */
export function inLayer<Y>({ name }: { readonly name: string }, compute: () => Y): Y {
  try {
    return layerAtWork.run({ name, outer: layerAtWork.value }, compute)
  } catch (error) {
    throw namingLayer(error, name)
  }
}

/** Offers what a layer gives, whole or in parts, to whoever takes taps. */
export function tapOutput<Y extends Tensor | readonly Tensor[]>(output: Y): Y {
  if (taps.value !== null) for (const part of [output].flat()) if (part instanceof Tensor) tap('output', part)
  return output
}

/** An error that names the layer in which it arose: itself, if it names one already. */
function namingLayer(error: unknown, layer: string): unknown {
  if (!(error instanceof MyelinError) || namesLayer.test(error.message)) return error
  return new MyelinError(error.code, `${error.message} (layer ${show(layer)})`, { cause: error })
}

/**
 * An error in building a layer, by its name. What a layer of one input says of a list makes little sense; then the list is what
 * has to be told of.
 */
export function buildingError(error: unknown, layer: string, where: string, inputShape: Shapes): unknown {
  const told = !isNativeError(error) || error.message.startsWith(`[${where}]`)
  if (told || !isShapeList(inputShape)) return namingLayer(error, layer)
  return new MyelinError(
    'ERR_SHAPE',
    `[${where}] cannot take a list of ${inputShape.length} inputs, of ${formatShapes(inputShape)}: ${error.message}`,
    { cause: error },
  )
}

/** `[Dense "dense_2"] …` of the layer itself, or what was added here. */
const namesLayer = /^\[\w+ "|\(layer ".*\)$/s

import { forgetArguments, forgetOtherThan } from '../nn/activations/activate.js'
import type { AnyLayer, CallOptions, Layer } from '../nn/layer.js'
import { inLayer, tapOutput } from '../nn/layer-errors.js'
import type { Tensor } from '../tensor/tensor.js'
import { Model } from './model.js'

/** One use of a layer, as a part of a model: errors name it, and its outputs remember their logits if it made them at its very end. */
export function callLayer<Y extends Tensor | Tensor[]>(
  layer: Layer<Y>,
  x: Tensor | readonly Tensor[],
  options: CallOptions,
): Y {
  forgetArguments(x)
  const y = inLayer(layer, () => tapOutput(layer.call(x, options)))
  if (!isModel(layer)) forgetOtherThan(layer.name, y)
  return y
}

const isModel = (layer: AnyLayer): boolean => layer instanceof Model

import { MyelinError } from '../native/error.js'
import type { Layer } from '../nn/layer.js'
import { Activation } from '../nn/layers/activation.js'
import { BatchNormalization } from '../nn/layers/batch-normalization.js'
import { Dense } from '../nn/layers/dense.js'
import { Flatten } from '../nn/layers/flatten.js'
import { NoiseLayer } from '../nn/layers/noise-layer.js'
import { Reshape } from '../nn/layers/reshape.js'
import { createFrom } from '../tensor/creation.js'
import type { Shape } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { type Affine, affineOf, alongLastAxis, type DenseWeights, foldBefore, foldBehind } from './affine.js'
import type { Model } from './model.js'
import { Sequential } from './sequential.js'

/** What folding came to. */
export interface FoldedModel {
  /** A new model, with weights of its own; not compiled. */
  model: Sequential
  /** Which batch normalization went into which dense layer, by name. */
  folded: { layer: string; into: string }[]
  /** Which stayed, and why. */
  kept: { layer: string; reason: string }[]
}

/**
 * A model without batch normalization, for inference: each is merged into the dense layer before it, if nothing but linear
 * stands between, or else into the dense layer after it, as in the order dense, activation, batch normalization, dense.
 * y = γ·(x − μ)/√(σ² + ε) + β is s·x + t with s = γ/√(σ² + ε) and t = β − μ·s; the products are formed in double and rounded
 * once. Its inference equals the model's to within rounding, 1e-5. To train it further is another thing than before.
 * @param model a built Sequential
 * @throws MyelinError ERR_ARGUMENT for another model, or one without weights yet; ERR_FORMAT for a layer that cannot be made anew from
 *   its config
 */
export function foldBatchNormalization(model: Model): FoldedModel {
  if (!(model instanceof Sequential))
    throw new MyelinError('ERR_ARGUMENT', '[foldBatchNormalization] takes a Sequential model')
  const chain = linksOf(model)
  const folded: FoldedModel['folded'] = []
  const fold = (link: Link, neighbour: Link | null, merge: (dense: DenseWeights) => DenseWeights | null): void => {
    const merged = neighbour?.dense == null ? null : merge(neighbour.dense)
    if (neighbour === null || merged === null) return
    neighbour.dense = merged
    chain.splice(chain.indexOf(link), 1)
    for (const weight of link.weights) weight.dispose()
    folded.push({ layer: link.layer.name, into: neighbour.layer.name })
  }
  for (const link of normalizations(chain)) {
    const before = neighbourOf(chain, link, -1)
    const linear = before?.layer.finalActivation === 'linear' ? before : null
    fold(link, linear, (dense) => mergeWith(link, dense.units, (affine) => foldBehind(dense, affine)))
  }
  // From the last one, so that of two in a row the second makes way for the first.
  for (const link of normalizations(chain).reverse())
    fold(link, neighbourOf(chain, link, 1), (dense) =>
      mergeWith(link, dense.features, (affine) => foldBefore(dense, affine)),
    )
  const kept = normalizations(chain).map((link) => ({ layer: link.layer.name, reason: reasonOf(chain, link) }))
  return { model: assemble(chain, model), folded, kept }
}

/** A layer on its way into the new model. */
interface Link {
  layer: Layer
  /** One sample's input. */
  inputShape: Shape
  /** Copies of its weights. */
  weights: readonly Tensor[]
  /** Those of a dense layer, which change. */
  dense: DenseWeights | null
}

/** The model's layers with their weights as they are between the same two steps. */
function linksOf(model: Sequential): Link[] {
  const weights = model.getWeights()
  let shape = model.inputShape as Shape
  return model.layers.map((layer) => {
    const own = weights.splice(0, layer.weights.length)
    const link = { layer, inputShape: shape, weights: own, dense: layer.constructor === Dense ? denseOf(own) : null }
    shape = layer.computeOutputShape(shape) as Shape
    return link
  })
}

function denseOf([kernel, bias]: readonly Tensor[]): DenseWeights {
  const [features, units] = (kernel as Tensor).shape as [number, number]
  const double = (weight: Tensor): Float64Array => Float64Array.from(weight.data())
  return { features, units, kernel: double(kernel as Tensor), bias: bias === undefined ? null : double(bias) }
}

const normalizations = (chain: readonly Link[]): Link[] =>
  chain.filter(({ layer }) => layer instanceof BatchNormalization)

/** The next layer in a direction that does something to the elements in inference. */
function neighbourOf(chain: readonly Link[], link: Link, direction: 1 | -1): Link | null {
  let i = chain.indexOf(link) + direction
  while (chain[i] !== undefined && isTransparent((chain[i] as Link).layer)) i += direction
  return chain[i] ?? null
}

/** Whether a layer leaves the elements and their order alone in inference. */
const isTransparent = (layer: Layer): boolean =>
  layer instanceof NoiseLayer ||
  layer instanceof Flatten ||
  layer instanceof Reshape ||
  (layer instanceof Activation && layer.finalActivation === 'linear')

/** Merges a normalization into a dense layer's side of so many features, unless it differs along the other axes. */
function mergeWith<T>({ layer, weights, inputShape }: Link, features: number, merge: (affine: Affine) => T): T | null {
  const affine = alongLastAxis(affineOf(layer as BatchNormalization, weights, inputShape), features)
  return affine === null ? null : merge(affine)
}

function reasonOf(chain: readonly Link[], link: Link): string {
  const [before, after] = [neighbourOf(chain, link, -1), neighbourOf(chain, link, 1)]
  if ((before?.dense != null && before.layer.finalActivation === 'linear') || after?.dense != null)
    return 'its scale and shift differ along an axis over which the dense layer shares its kernel'
  const describe = (link: Link | null, none: string): string =>
    link === null ? none : `${link.layer.className} "${link.layer.name}"`
  return `no dense layer is next to it: before it stands ${describe(before, 'the input')}${before?.dense != null ? ' with an activation' : ''}, after it ${describe(after, 'the output')}`
}

/** The layers made anew from their configs, with the weights that they have come to. */
function assemble(chain: readonly Link[], { name, inputShape }: Sequential): Sequential {
  const layers = chain.map(({ layer, dense }) => {
    const LayerClass = layer.constructor as new (config: Record<string, unknown>) => Layer
    const config = layer.getConfig()
    return new LayerClass(dense?.bias == null ? config : { ...config, useBias: true })
  })
  const model = new Sequential({ name: `${name}_folded`, layers })
  model.ensureBuilt(inputShape as Shape)
  const weights = chain.flatMap(({ weights, dense }) => (dense === null ? weights : tensorsOf(dense)))
  model.setWeights(weights)
  for (const weight of new Set([...weights, ...chain.flatMap(({ weights }) => weights)])) weight.dispose()
  return model
}

function tensorsOf({ kernel, bias, features, units }: DenseWeights): Tensor[] {
  const made = createFrom(Float32Array.from(kernel), [features, units], 'float32')
  return bias === null ? [made] : [made, createFrom(Float32Array.from(bias), [units], 'float32')]
}

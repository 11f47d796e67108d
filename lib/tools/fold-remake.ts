import { withFunctions } from '../core/config.js'
import { MyelinError } from '../core/error.js'
import { show } from '../core/show.js'
import { Functional } from '../model/functional.js'
import { Sequential } from '../model/sequential.js'
import type { AnyLayer, Layer, SymbolicTensor } from '../nn/layer.js'
import { InputLayer } from '../nn/layers/input.js'
import { createFrom } from '../tensor/creation.js'
import type { Shape } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import type { DenseWeights } from './affine.js'
import type { Link, Links } from './fold-links.js'

/**
 * The model made anew of the layers that are left, each from its config, with the weights that they have come to.
 * @param parts what is left of the model, and of each in it
 * @param values copies of the weights
 */
export function remake(
  model: Sequential | Functional,
  parts: ReadonlyMap<AnyLayer, Links>,
  values: ReadonlyMap<Tensor, Tensor>,
): Sequential | Functional {
  const made = new Map<AnyLayer, AnyLayer>()
  const named = (part: Sequential | Functional, name: string): Sequential | Functional => {
    const links = parts.get(part) as Links
    const layerOf = (link: Link): AnyLayer => {
      const { layer } = link
      const known = made.get(layer)
      if (known !== undefined) return known
      const fresh =
        layer instanceof Sequential || layer instanceof Functional ? named(layer, layer.name) : fromConfig(link)
      made.set(layer, fresh)
      return fresh
    }
    return part instanceof Sequential ? chain(part, name, links, layerOf) : graph(part, name, links, layerOf)
  }
  const result = named(model, `${model.name}_folded`)
  made.set(model, result)
  setWeights(result, parts, values, made)
  // A layer's own flag comes with its config. A model has none, and what it held may have been set free since it was frozen.
  for (const [layer, fresh] of made) if (parts.has(layer)) fresh.treatAs(layer)
  return result
}

type LayerOf = (link: Link) => AnyLayer

/**
 * A layer made anew from its config, in which users' functions are as they are. One whose constructor does not take that, as a user's may
 * not, stays itself where it has no weights.
 */
function fromConfig({ layer, dense }: Link): AnyLayer {
  const LayerClass = layer.constructor as new (config: Record<string, unknown>) => AnyLayer
  const config = withFunctions(() => layer.getConfig())
  const fresh = attempt(() => new LayerClass(dense?.bias == null ? config : { ...config, useBias: true }))
  if (fresh instanceof LayerClass && fresh.hasGivenName && fresh.name === layer.name) return fresh
  if (layer.weights.length === 0) return layer
  throw new MyelinError(
    'ERR_FORMAT',
    `[foldBatchNormalization] ${show(layer)} cannot be made anew: the constructor of ${layer.className} must take what its getConfig() ` +
      'gives, and hand it on to super(…)',
    { cause: fresh },
  )
}

/** The result of fn, or the error that it throws. */
function attempt<T>(fn: () => T): T | Error {
  try {
    return fn()
  } catch (error) {
    return error as Error
  }
}

function chain(model: Sequential, name: string, { all }: Links, layerOf: LayerOf): Sequential {
  const entry = model.inputLayer
  const fresh = new Sequential({ name, layers: entry === null ? [] : [new InputLayer(configOf(entry)).output] })
  for (const link of all) fresh.add(layerOf(link) as Layer)
  fresh.ensureBuilt(model.inputShape as Shape)
  return fresh
}

function graph(model: Functional, name: string, links: Links, layerOf: LayerOf): Functional {
  const inputs = model.network.inputLayers.map((layer) => new InputLayer(configOf(layer)).output)
  const values = new Map<number, SymbolicTensor>(inputs.map((input, i) => [i, input]))
  const symbolOf = (value: number): SymbolicTensor => values.get(links.sourceOf(value)) as SymbolicTensor
  for (const link of links.all) {
    const given = link.inputs.map(symbolOf)
    const y = layerOf(link).apply(link.listed ? given : (given[0] as SymbolicTensor))
    const outputs = Array.isArray(y) ? y : [y]
    link.outputs.forEach((value, i) => {
      values.set(value, outputs[i] as SymbolicTensor)
    })
  }
  return new Functional({
    name,
    inputs: byName(model.inputNames, inputs),
    outputs: byName(model.outputNames, model.network.outputs.map(symbolOf)),
  })
}

const byName = (names: readonly string[], values: readonly SymbolicTensor[]): { [name: string]: SymbolicTensor } =>
  Object.fromEntries(names.map((name, i) => [name, values[i] as SymbolicTensor]))

const configOf = ({ name, inputShape, dtype }: InputLayer) => ({ name, shape: inputShape, dtype })

function setWeights(
  model: Sequential | Functional,
  parts: ReadonlyMap<AnyLayer, Links>,
  values: ReadonlyMap<Tensor, Tensor>,
  made: ReadonlyMap<AnyLayer, AnyLayer>,
): void {
  const wanted = new Map<Tensor, Tensor>()
  const own: Tensor[] = []
  for (const { all } of parts.values())
    for (const { layer, dense } of all) {
      if (parts.has(layer)) continue
      const found = dense === null ? layer.weights.flatMap((weight) => values.get(weight) ?? []) : tensorsOf(dense)
      if (dense !== null) own.push(...found)
      made.get(layer)?.weights.forEach((weight, i) => {
        wanted.set(weight, found[i] as Tensor)
      })
    }
  model.setWeights(model.weights.flatMap((weight) => wanted.get(weight) ?? []))
  for (const tensor of own) tensor.dispose()
}

function tensorsOf({ kernel, bias, features, units }: DenseWeights): Tensor[] {
  const made = createFrom(Float32Array.from(kernel), [features, units], 'float32')
  return bias === null ? [made] : [made, createFrom(Float32Array.from(bias), [units], 'float32')]
}

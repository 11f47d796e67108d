import { Functional } from '../model/functional.js'
import type { LayerCall } from '../model/network.js'
import { Sequential } from '../model/sequential.js'
import { activationName } from '../nn/choices.js'
import type { AnyLayer } from '../nn/layer.js'
import { Activation } from '../nn/layers/activation.js'
import { Dense } from '../nn/layers/dense.js'
import { Flatten } from '../nn/layers/flatten.js'
import { NoiseLayer } from '../nn/layers/noise-layer.js'
import { Reshape } from '../nn/layers/reshape.js'
import type { Shape } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import type { DenseWeights } from './affine.js'

/** A use of a layer on its way into the new model. */
export interface Link extends LayerCall {
  /** One sample's input, the first where there are several. */
  readonly inputShape: Shape
  /** Copies of its weights. */
  readonly weights: readonly Tensor[]
  /** Those of a dense layer that is used once, which change. */
  dense: DenseWeights | null
}

/** A model and those inside it, each with its links; what leads into a model inside leads on there, if it is used once. */
export class NestedLinks {
  /** By their models, the outermost first. */
  readonly parts: ReadonlyMap<AnyLayer, Links>
  /** The one use of a model inside another one. */
  private readonly uses = new Map<Links, { links: Links; link: Link }>()

  constructor(model: Sequential | Functional, values: ReadonlyMap<Tensor, Tensor>) {
    const parts = new Map<AnyLayer, Links>()
    const open = [model]
    for (let next = open.shift(); next !== undefined; next = open.shift()) {
      if (parts.has(next)) continue
      const links = new Links(next, values)
      parts.set(next, links)
      for (const { layer } of links.all)
        if (layer instanceof Sequential || layer instanceof Functional) open.push(layer)
    }
    this.parts = parts
    for (const links of parts.values())
      for (const link of links.all) {
        const inside = parts.get(link.layer)
        if (this.usesOf(link) > 1) link.dense = null
        else if (inside !== undefined) this.uses.set(inside, { links, link })
      }
  }

  /** How often a link's layer is used, in all models. */
  usesOf({ layer }: Link): number {
    return [...this.parts.values()].flatMap(({ all }) => all).filter((link) => link.layer === layer).length
  }

  /** The last layer before a link that does something to the elements in inference, if nothing else reads what stands between. */
  before(links: Links, { inputs }: Link): Link | null {
    let at = { links, value: links.sourceOf(inputs[0] as number) }
    for (;;) {
      if (at.links.readingsOf(at.value) !== 1) return null
      const maker = at.links.makerOf(at.value)
      const entered = maker === null ? undefined : this.parts.get(maker.layer)
      if (maker === null) {
        const use = this.uses.get(at.links)
        if (use === undefined) return null
        at = { links: use.links, value: use.links.sourceOf(use.link.inputs[at.value] as number) }
      } else if (entered !== undefined && this.uses.has(entered)) {
        const output = maker.outputs.indexOf(at.value)
        at = { links: entered, value: entered.sourceOf(entered.outputs[output] as number) }
      } else if (isTransparent(maker.layer)) {
        at = { links: at.links, value: at.links.sourceOf(maker.inputs[0] as number) }
      } else {
        return maker
      }
    }
  }

  /** The first layers behind a link that do something to the elements in inference; null if they are the output of it all, too. */
  after(links: Links, { outputs }: Link): Link[] | null {
    const found: Link[] = []
    return this.collect(links, outputs[0] as number, found) ? found : null
  }

  private collect(links: Links, value: number, found: Link[]): boolean {
    for (const output of links.outputsOf(value)) {
      const use = this.uses.get(links)
      if (use === undefined || !this.collect(use.links, use.link.outputs[output] as number, found)) return false
    }
    for (const { link, input } of links.readersOf(value)) {
      const entered = this.parts.get(link.layer)
      if (entered !== undefined && this.uses.has(entered)) {
        if (!this.collect(entered, input, found)) return false
      } else if (isTransparent(link.layer)) {
        if (!this.collect(links, link.outputs[0] as number, found)) return false
      } else {
        found.push(link)
      }
    }
    return true
  }
}

/** A model's layers and what they read, by the numbers of their values: those of the inputs first. */
export class Links {
  /** In the order in which they compute. */
  readonly all: Link[]
  readonly isChain: boolean
  readonly outputs: readonly number[]
  /** By the output of each that was removed, its input. */
  private readonly removed = new Map<number, number>()

  constructor(model: Sequential | Functional, values: ReadonlyMap<Tensor, Tensor>) {
    this.isChain = model instanceof Sequential
    const { calls, outputs } = model instanceof Sequential ? chainOf(model) : model.network
    this.outputs = outputs
    const shapes = shapesOf(model, calls)
    this.all = calls.map((call) => {
      const weights = call.layer.weights.flatMap((weight) => values.get(weight) ?? [])
      const inputShape = shapes.get(call.inputs[0] as number) ?? []
      const [kernel, bias] = call.layer.constructor === Dense ? weights : []
      return { ...call, inputShape, weights, dense: kernel === undefined ? null : denseOf(kernel, bias) }
    })
  }

  /** The value in the place of another, once normalizations were removed. */
  sourceOf(value: number): number {
    const before = this.removed.get(value)
    return before === undefined ? value : this.sourceOf(before)
  }

  remove(link: Link): void {
    this.all.splice(this.all.indexOf(link), 1)
    this.removed.set(link.outputs[0] as number, link.inputs[0] as number)
  }

  /** The link whose output a value is; null for an input of the model. */
  makerOf(value: number): Link | null {
    return this.all.find(({ outputs }) => outputs.includes(value)) ?? null
  }

  /** Each link that reads a value, and as which of its inputs. */
  readersOf(value: number): { link: Link; input: number }[] {
    return this.all.flatMap((link) =>
      link.inputs.flatMap((read, input) => (this.sourceOf(read) === value ? [{ link, input }] : [])),
    )
  }

  /** The numbers of the model's outputs that a value is. */
  outputsOf(value: number): number[] {
    return this.outputs.flatMap((output, i) => (this.sourceOf(output) === value ? [i] : []))
  }

  /** How often a value is read, by links and as an output. */
  readingsOf(value: number): number {
    return this.readersOf(value).length + this.outputsOf(value).length
  }
}

/** Whether a layer ends in no other activation than the linear one. */
export const endsLinearly = (layer: AnyLayer): boolean =>
  (layer instanceof Dense || layer instanceof Activation) && activationName(layer.options.activation) === 'linear'

/** Whether a layer leaves the elements and their order alone in inference. */
const isTransparent = (layer: AnyLayer): boolean =>
  layer instanceof NoiseLayer ||
  layer instanceof Flatten ||
  layer instanceof Reshape ||
  (layer instanceof Activation && endsLinearly(layer))

function chainOf({ layers }: Sequential): { calls: LayerCall[]; outputs: number[] } {
  const calls = layers.map((layer, i) => ({ layer, listed: false, inputs: [i], outputs: [i + 1] }))
  return { calls, outputs: [layers.length] }
}

/** One sample's shape of each value. */
function shapesOf(model: Sequential | Functional, calls: readonly LayerCall[]): Map<number, Shape> {
  const inputs = model instanceof Sequential ? [model.inputShape as Shape] : model.inputs.map(({ shape }) => shape)
  const shapes = new Map(inputs.map((shape, i) => [i, shape]))
  for (const { layer, outputs } of calls)
    outputs.forEach((value, i) => {
      shapes.set(value, layer.outputShapes[i] as Shape)
    })
  return shapes
}

function denseOf(kernel: Tensor, bias?: Tensor): DenseWeights {
  const [features, units] = kernel.shape as [number, number]
  const double = (weight: Tensor): Float64Array => Float64Array.from(weight.data())
  return { features, units, kernel: double(kernel), bias: bias === undefined ? null : double(bias) }
}

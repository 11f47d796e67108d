import type { AnyLayer } from '../nn/layer.js'
import { Activation } from '../nn/layers/activation.js'
import { Dense } from '../nn/layers/dense.js'
import { Flatten } from '../nn/layers/flatten.js'
import { NoiseLayer } from '../nn/layers/noise-layer.js'
import { Reshape } from '../nn/layers/reshape.js'
import type { Shape } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import type { DenseWeights } from './affine.js'
import type { Functional } from './functional.js'
import type { Step } from './network.js'
import { Sequential } from './sequential.js'

/** A use of a layer on its way into the new model. */
export interface Link extends Step {
  /** One sample's input, the first where there are several. */
  readonly inputShape: Shape
  /** Copies of its weights. */
  readonly weights: readonly Tensor[]
  /** Those of a dense layer that is used once, which change. */
  dense: DenseWeights | null
}

/** A model's layers and what they read, by the numbers of their values. */
export class Links {
  /** In the order in which they compute. */
  readonly all: Link[]
  readonly isChain: boolean
  private readonly outputs: readonly number[]
  /** By the output of each that was removed, its input. */
  private readonly removed = new Map<number, number>()

  constructor(model: Sequential | Functional, values: ReadonlyMap<Tensor, Tensor>) {
    this.isChain = model instanceof Sequential
    const { steps, outputs } = model instanceof Sequential ? chainOf(model) : model.network
    this.outputs = outputs
    const shapes = shapesOf(model, steps)
    this.all = steps.map((step) => {
      const weights = step.layer.weights.map((weight) => values.get(weight) as Tensor)
      const once = steps.filter(({ layer }) => layer === step.layer).length === 1
      const inputShape = shapes.get(step.inputs[0] as number) ?? []
      return { ...step, inputShape, weights, dense: once && step.layer.constructor === Dense ? denseOf(weights) : null }
    })
  }

  /** What stands for a value, once normalizations were removed. */
  sourceOf(value: number): number {
    const before = this.removed.get(value)
    return before === undefined ? value : this.sourceOf(before)
  }

  usesOf({ layer }: Link): number {
    return this.all.filter((link) => link.layer === layer).length
  }

  remove(link: Link): void {
    this.all.splice(this.all.indexOf(link), 1)
    this.removed.set(link.outputs[0] as number, link.inputs[0] as number)
  }

  /** The next layer that does something to the elements in inference, if nothing else reads what stands between; else null. */
  neighbourOf(link: Link, side: 'before' | 'after'): Link | null {
    if (this.usesOf(link) > 1) return null
    for (let next = this.next(link, side); next !== null; next = this.next(next, side))
      if (!isTransparent(next.layer)) return next
    return null
  }

  private next(link: Link, side: 'before' | 'after'): Link | null {
    const value = this.sourceOf((side === 'before' ? link.inputs : link.outputs)[0] as number)
    const reads = (other: Link): number => other.inputs.filter((input) => this.sourceOf(input) === value).length
    const readers = this.all.filter((other) => reads(other) > 0)
    const total = readers.reduce((sum, other) => sum + reads(other), 0)
    const ends = this.outputs.filter((output) => this.sourceOf(output) === value).length
    if (total + ends !== 1) return null
    return (side === 'before' ? this.all.find(({ outputs }) => outputs.includes(value)) : readers[0]) ?? null
  }
}

/** Whether a layer leaves the elements and their order alone in inference. */
const isTransparent = (layer: AnyLayer): boolean =>
  layer instanceof NoiseLayer ||
  layer instanceof Flatten ||
  layer instanceof Reshape ||
  (layer instanceof Activation && layer.finalActivation === 'linear')

function chainOf({ layers }: Sequential): { steps: Step[]; outputs: number[] } {
  const steps = layers.map((layer, i) => ({ layer, listed: false, inputs: [i], outputs: [i + 1] }))
  return { steps, outputs: [layers.length] }
}

/** One sample's shape of each value. */
function shapesOf(model: Sequential | Functional, steps: readonly Step[]): Map<number, Shape> {
  const inputs = model instanceof Sequential ? [model.inputShape as Shape] : model.inputs.map(({ shape }) => shape)
  const shapes = new Map(inputs.map((shape, i) => [i, shape]))
  for (const { layer, outputs } of steps)
    outputs.forEach((value, i) => {
      shapes.set(value, layer.outputShapes[i] as Shape)
    })
  return shapes
}

function denseOf([kernel, bias]: readonly Tensor[]): DenseWeights {
  const [features, units] = (kernel as Tensor).shape as [number, number]
  const double = (weight: Tensor): Float64Array => Float64Array.from(weight.data())
  return { features, units, kernel: double(kernel as Tensor), bias: bias === undefined ? null : double(bias) }
}

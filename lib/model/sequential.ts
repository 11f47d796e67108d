import { MyelinError } from '../native/error.js'
import type { ActivationName } from '../nn/activations/get.js'
import { type CallOptions, Layer } from '../nn/layer.js'
import { InputLayer } from '../nn/layers/input.js'
import { cast } from '../ops/cast.js'
import { formatShape, type Shape } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import { Model } from './model.js'

export interface SequentialOptions {
  /** Default none; see {@link Sequential.add}. */
  layers?: readonly Layer[]
  /** Default `sequential`, `sequential_1`, … */
  name?: string
}

/** Layers one after the other, each taking the output of the one before. */
export class Sequential extends Model {
  override readonly className = 'Sequential'
  private readonly stack: Layer[] = []
  /** An input layer, which casts and checks but has nothing to show. */
  private input: InputLayer | null = null
  private builtShape: Shape | null = null

  constructor({ layers = [], name = defaultName() }: SequentialOptions = {}) {
    super(name)
    if (!Array.isArray(layers)) throw this.wrong(`layers must be an array, got ${String(layers)}`)
    for (const layer of layers) this.add(layer)
  }

  /**
   * Puts a layer at the end. The model is built as soon as the shape of its input is known: by an input layer at its
   * beginning or the first layer's `inputShape`, else by the first batch.
   * @throws MyelinError ERR_ARGUMENT if its name is taken; ERR_SHAPE if it cannot take the output before it; ERR_BUSY
   */
  add(layer: Layer): void {
    this.refuseWhileFitting('add')
    this.forgetPlans()
    if (!(layer instanceof Layer))
      throw this.wrong(`a layer is needed, got ${String(layer)}; make one with layers.dense(…)`)
    if (layer instanceof InputLayer) {
      if (this.stack.length > 0 || this.input !== null)
        throw this.wrong(`the input layer "${layer.name}" must come first, and alone`)
      this.input = layer
      return
    }
    if (this.stack.some(({ name }) => name === layer.name))
      throw this.wrong(`there are two layers named "${layer.name}"; names must differ, and a layer can be used once`)
    const inputShape = this.builtShape === null ? this.knownShape(layer) : this.outputShape
    if (inputShape !== undefined) layer.ensureBuilt(inputShape)
    this.stack.push(layer)
    if (this.builtShape === null && inputShape !== undefined) this.builtShape = [...inputShape]
  }

  override get layers(): readonly Layer[] {
    return this.stack
  }

  override get built(): boolean {
    return this.builtShape !== null
  }

  /** The shape of one sample of the input, once known. */
  get inputShape(): Shape | undefined {
    return this.builtShape ?? this.input?.inputShape
  }

  override get outputShape(): Shape {
    return this.stack.at(-1)?.outputShape ?? []
  }

  override get finalActivation(): ActivationName | null {
    return this.stack.at(-1)?.finalActivation ?? null
  }

  /** @param given the shape of a sample of the input, alone or in a list */
  override ensureBuilt(given: Shape | readonly Shape[]): void {
    const sampleShape = isList(given) ? (given[0] as Shape) : given
    if (this.stack.length === 0) throw this.wrong('there are no layers')
    this.input?.ensureBuilt(sampleShape)
    const unbuilt = this.stack.filter((layer) => !layer.built)
    let shape = sampleShape
    try {
      for (const layer of this.stack) {
        layer.ensureBuilt(shape)
        shape = layer.computeOutputShape(shape)
      }
    } catch (error) {
      // A batch that does not fit must not decide what the layers before the one that refused it are built for.
      for (const layer of unbuilt) layer.unbuild()
      throw error
    }
    this.builtShape ??= [...sampleShape]
  }

  override call(x: Tensor, options: CallOptions = {}): Tensor {
    let y = this.prepare(x)
    for (const layer of this.stack) y = layer.call(y, options)
    return y
  }

  override callLinear(x: Tensor, options: CallOptions = {}): Tensor {
    let y = this.prepare(x)
    const last = this.stack.length - 1
    for (let i = 0; i < last; i++) y = (this.stack[i] as Layer).call(y, options)
    return (this.stack[last] as Layer).callLinear(y, options)
  }

  /** Checks a batch, and turns what no layer computes with into float32. */
  private prepare(x: Tensor): Tensor {
    if (!(x instanceof Tensor)) throw this.wrong(`call needs a Tensor, got ${String(x)}`)
    if (x.rank === 0)
      throw new MyelinError('ERR_SHAPE', `[${this.name}] a batch has at least one axis, got ${formatShape(x.shape)}`)
    if (!fits(x.shape, this.builtShape)) this.ensureBuilt(x.shape.slice(1))
    if (this.input !== null) return this.input.call(x)
    return x.dtype === 'uint8' || x.dtype === 'bool' ? cast(x, 'float32') : x
  }

  /** What is known of the input's shape before the first batch. */
  private knownShape(first: Layer): Shape | undefined {
    if (this.stack.length > 0) return undefined
    return this.input?.inputShape ?? first.inputShape
  }

  private wrong(message: string): MyelinError {
    return new MyelinError('ERR_ARGUMENT', `[${this.name}] ${message}`)
  }
}

/** A model of layers one after the other. */
export const sequential = (options?: SequentialOptions): Sequential => new Sequential(options)

/** Whether a batch has samples of this shape. Called for every batch, so it makes no array. */
function fits(batchShape: Shape, sampleShape: Shape | null): boolean {
  if (sampleShape === null || batchShape.length !== sampleShape.length + 1) return false
  for (let i = 0; i < sampleShape.length; i++) if (batchShape[i + 1] !== sampleShape[i]) return false
  return true
}

const isList = (shapes: Shape | readonly Shape[]): shapes is readonly Shape[] => Array.isArray(shapes[0])

let unnamed = 0

function defaultName(): string {
  const number = unnamed++
  return number === 0 ? 'sequential' : `sequential_${number}`
}

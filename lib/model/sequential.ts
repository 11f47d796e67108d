import { MyelinError } from '../core/error.js'
import { checkOptions } from '../core/names.js'
import { show } from '../core/show.js'
import { type CallOptions, Layer, type SymbolicTensor } from '../nn/layer.js'
import { registerLayer } from '../nn/layer-classes.js'
import { commonOptions, type LayerOptions } from '../nn/layer-options.js'
import { LayerOutput } from '../nn/layer-output.js'
import { InputLayer } from '../nn/layers/input.js'
import { formatShapes, isShapeList, type Shapes, shapeList } from '../nn/shapes.js'
import { cast } from '../ops/movement.js'
import { premises } from '../tensor/premises.js'
import { formatShape, type Shape, sameShape } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import { refuseWhileTraining } from '../train/run-lock.js'
import { asBatch, asSample } from './batch-axis.js'
import { callLayer } from './call-layer.js'
import { isLayerRecord, type LayerRecord, makeLayers, tellLayers } from './layer-records.js'
import { Model } from './model.js'

export interface SequentialOptions extends LayerOptions {
  /** Default none; see {@link Sequential.add}. */
  layers?: readonly (Layer | SymbolicTensor | LayerRecord)[]
  /** Default `sequential`; within a model as a layer's. */
  name?: string
  /** The shape of one sample, without the batch axis. Default: what the first layer says, or the first batch. */
  inputShape?: readonly number[]
}

/** Layers one after the other, each taking the output of the one before. */
export class Sequential extends Model {
  static override readonly className: string = 'Sequential'
  private readonly stack: Layer[] = []
  /** An input layer, which casts and checks but has nothing to show. */
  private entry: InputLayer | null = null

  constructor(options: SequentialOptions = {}) {
    if (Array.isArray(options))
      throw new MyelinError(
        'ERR_ARGUMENT',
        '[sequential] takes options: sequential({ layers: [...] }), not the layers alone',
      )
    checkOptions(options, ['layers', ...commonOptions], 'sequential')
    const { layers = [], name, inputShape } = options
    super(name)
    if (!Array.isArray(layers)) throw this.wrong(`layers must be an array, got ${show(layers)}`)
    // Records say themselves whether a layer is frozen, which may differ from what holds it.
    const made = makeLayers(layers.filter(isLayerRecord), this.where)
    for (const layer of layers) this.add(isLayerRecord(layer) ? (made.shift() as Layer) : layer)
    this.takeOptions(options, layers.some(isLayerRecord))
    if (inputShape !== undefined) this.ensureBuilt(inputShape)
  }

  /** The options and layers that make an equal model. @throws MyelinError ERR_FORMAT for what no config can hold */
  override getConfig(): Record<string, unknown> {
    const layers = this.entry === null ? this.stack : [this.entry, ...this.stack]
    return { ...super.getConfig(), layers: tellLayers(layers, this.where) }
  }

  /**
   * Puts a layer, or a model with one input and one output, at the end. The model is built as soon as the shape of its input is
   * known: by `input(…)` at its beginning or the first layer's `inputShape`, else by the first batch.
   * @throws MyelinError ERR_ARGUMENT if its name is taken; ERR_SHAPE if it cannot take the output before it; ERR_BUSY
   */
  add(given: Layer | SymbolicTensor): void {
    refuseWhileTraining(this, 'add')
    const layer = this.layerOf(given)
    if (layer instanceof InputLayer) {
      if (this.stack.length > 0 || this.entry !== null)
        throw this.wrong(`the input layer ${show(layer.name)} must come first, and alone`)
      this.entry = layer
      return
    }
    const isTaken = ({ name, hasGivenName }: Layer): boolean =>
      name === layer.name && hasGivenName && layer.hasGivenName
    if (this.stack.includes(layer) || this.stack.some(isTaken))
      throw this.wrong(
        `there are two layers named ${show(layer.name)}; names must differ, and a layer can be used once`,
      )
    if (layer.allLayers().has(this)) throw this.wrong('a model cannot be a part of itself')
    const inputShape = this.built ? this.outputShape : this.knownShape(layer)
    if (this.stack.length === 0 && this.entry !== null) layer.expectDTypes([this.entry])
    this.stack.push(layer)
    this.placeParts()
    try {
      if (inputShape !== undefined) this.buildFor(layer, inputShape)
    } catch (error) {
      this.stack.pop()
      this.displace(layer)
      this.placeParts()
      throw error
    }
    if (!this.trainable) layer.trainable = false
    this.forgetPlans()
    if (inputShape !== undefined) this.noteShapes(this.inputShape ?? inputShape)
  }

  override get layers(): readonly Layer[] {
    const { stack } = this
    premises.value?.note(stack, stack.length, lengthOf)
    return stack
  }

  /** The input layer that it begins with, which is not among `layers`. @internal */
  get inputLayer(): InputLayer | null {
    return this.entry
  }

  override get inputNames(): readonly string[] {
    return [this.entry?.name ?? `${this.stack[0]?.name ?? this.name}_input`]
  }

  override get outputNames(): readonly string[] {
    return [this.stack.at(-1)?.name ?? this.name]
  }

  override ensureBuilt(sampleShapes: Shapes): void {
    const sampleShape = asSample(this.shapeOf(sampleShapes), this.inputShape)
    // Asked again at each level, models in models would take twice as long with each of them.
    if (this.isBuiltFor(sampleShape)) return
    if (this.stack.length === 0) throw this.wrong('there are no layers')
    const unbuilt = [...this.allLayers()].filter(({ built }) => !built)
    let shape = sampleShape
    try {
      this.entry?.ensureBuilt(sampleShape)
      for (const layer of this.stack) shape = this.buildFor(layer, shape)
    } catch (error) {
      // A batch that does not fit must not decide what the layers before the one that refused it are built for.
      for (const layer of unbuilt) layer.unbuild()
      this.expectBatchAxis(sampleShape, this.inputShape, 0)
      throw error
    }
    if (!this.built) this.noteShapes(sampleShape)
  }

  override computeOutputShape(inputShape: Shapes): Shape {
    const sampleShape = asSample(this.shapeOf(inputShape), this.inputShape)
    if (this.isBuiltFor(sampleShape)) return this.outputShape
    return this.stack.reduce((shape, layer) => this.buildFor(layer, shape), sampleShape)
  }

  override callAll(inputs: readonly Tensor[], options: CallOptions = {}): Tensor[] {
    let y = this.prepare(inputs)
    for (const layer of this.layers) y = layer.checkOutput(callLayer(layer, y, options))
    return [y]
  }

  override unbuild(): void {
    super.unbuild()
    this.inputShape = undefined
  }

  private isBuiltFor(sampleShape: Shape): boolean {
    return this.built && this.inputShape !== undefined && sameShape(sampleShape, this.inputShape)
  }

  private noteShapes(inputShape: Shape): void {
    this.inputShape = [...inputShape]
    this.outputShapes = [(this.stack.at(-1) as Layer).outputShape]
    this.built = true
  }

  /** Builds a layer for an input, or sees that it fits. Returns the output's shape. */
  private buildFor(layer: Layer, inputShape: Shape): Shape {
    layer.ensureBuilt(inputShape)
    const shapes = shapeList(layer.computeOutputShape(inputShape))
    if (shapes.length === 1) return shapes[0] as Shape
    throw this.wrong(`${show(layer.name)} has ${shapes.length} outputs; in a sequential model each layer has one`)
  }

  private layerOf(given: unknown): Layer {
    if (given instanceof Layer) return given
    if (given instanceof LayerOutput) {
      if (given.layer instanceof InputLayer) return given.layer
      throw this.wrong(
        `${show(given)} is the output of a layer; only that of input(…) can stand here, in the first place`,
      )
    }
    throw this.wrong(`a layer is needed, got ${show(given)}; make one with layers.dense(…)`)
  }

  /** Checks a batch, and turns what no layer computes with into float32. */
  private prepare(inputs: readonly Tensor[]): Tensor {
    if (inputs.length !== 1) throw this.wrong(`takes one input, got ${inputs.length}`)
    const [given] = inputs
    if (!(given instanceof Tensor)) throw this.wrong(`call needs a Tensor, got ${show(given)}`)
    if (given.rank === 0) throw this.misshapen(`a batch has at least one axis, got ${formatShape(given.shape)}`)
    const x = asBatch(given, this.inputShape)
    if (!this.built || !fits(x.shape, this.inputShape)) this.ensureBuilt(x.shape.slice(1))
    if (this.entry !== null) return this.entry.call(x)
    return x.dtype === 'uint8' || x.dtype === 'bool' ? cast(x, 'float32') : x
  }

  private shapeOf(sampleShapes: Shapes): Shape {
    this.checkShapes(sampleShapes)
    if (!isShapeList(sampleShapes)) return sampleShapes
    if (sampleShapes.length === 1) return sampleShapes[0] as Shape
    throw this.wrong(`takes one input, got ${sampleShapes.length}: ${formatShapes(sampleShapes)}`)
  }

  /** The input's shape, as far as it is known before the first batch. */
  private knownShape(first: Layer): Shape | undefined {
    if (this.stack.length > 0) return undefined
    return this.entry?.inputShape ?? first.inputShape
  }
}

const lengthOf = ({ length }: readonly unknown[]): number => length

registerLayer(Sequential)

/** A model of layers one after the other. */
export const sequential = (options?: SequentialOptions): Sequential => new Sequential(options)

/** Whether a batch has samples of this shape. Called for every batch, so it makes no array. */
function fits(batchShape: Shape, sampleShape: Shape | undefined): boolean {
  if (sampleShape === undefined || batchShape.length !== sampleShape.length + 1) return false
  for (let i = 0; i < sampleShape.length; i++) if (batchShape[i + 1] !== sampleShape[i]) return false
  return true
}

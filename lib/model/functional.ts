import { wrong } from '../core/check.js'
import { checkOptions } from '../core/names.js'
import { listed, show } from '../core/show.js'
import type { AnyLayer, CallOptions, SymbolicTensor } from '../nn/layer.js'
import { registerLayer } from '../nn/layer-classes.js'
import { distinct } from '../nn/layer-name.js'
import type { LayerOptions } from '../nn/layer-options.js'
import { LayerOutput } from '../nn/layer-output.js'
import { formatShapes, type Shapes, shapeList } from '../nn/shapes.js'
import { formatShape, type Shape, sameShape } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import { asBatch, asSample } from './batch-axis.js'
import { type FunctionalConfig, ofConfig, symbolsOf } from './functional-config.js'
import { tellLayers } from './layer-records.js'
import { Model } from './model.js'
import { Network } from './network.js'

/** Symbolic tensors: one, several in order, or several by name. */
export type SymbolicTensors = SymbolicTensor | readonly SymbolicTensor[] | { readonly [name: string]: SymbolicTensor }

/** The result of a model with such outputs: a tensor for one, an array for several. */
export type OutputsOf<O> = O extends SymbolicTensor | readonly [SymbolicTensor]
  ? Tensor
  : O extends readonly [SymbolicTensor, SymbolicTensor, ...SymbolicTensor[]]
    ? Tensor[]
    : Tensor | Tensor[]

export interface ModelOptions<O extends SymbolicTensors = SymbolicTensors> extends Omit<LayerOptions, 'inputShape'> {
  /** The model's inputs: of `input(…)`, or outputs of layers, to begin in the middle of another model. */
  inputs: SymbolicTensors
  /** The model's outputs. In a record they go by its keys, else by the names of their layers. */
  outputs: O
  /** Default `functional`; within a model as a layer's. */
  name?: string
}

/** A graph of layers with any number of inputs and outputs. */
export class Functional<Y extends Tensor | Tensor[] = Tensor | Tensor[]> extends Model<Y> {
  static override readonly className = 'Functional'
  /** The inputs it was made of, in order; layers that are applied to an output go on from there. */
  readonly inputs: readonly SymbolicTensor[]
  readonly outputs: readonly SymbolicTensor[]
  override readonly inputNames: readonly string[]
  override readonly outputNames: readonly string[]
  /** @internal */
  readonly network: Network
  private readonly inputShapes: readonly Shape[]

  constructor(options: ModelOptions | FunctionalConfig) {
    if (options instanceof LayerOutput || Array.isArray(options))
      throw wrong('model', 'takes inputs and outputs by name: model({ inputs: x, outputs: y })')
    const fromConfig = isConfig(options)
    checkOptions(options, [...optionNames, ...(fromConfig ? ofConfig : [])], 'model')
    super(options.name)
    const symbols = fromConfig ? symbolsOf(options, this.where) : options
    const inputs = this.read('inputs', symbols.inputs)
    const outputs = this.read('outputs', symbols.outputs)
    const values = inputs.map(({ value }) => value)
    const twice = inputs.find(({ value }, i) => values.indexOf(value) !== i)
    if (twice !== undefined) throw this.wrong(`${show(twice.value.name)} stands twice among inputs`)
    this.inputs = values
    this.outputs = outputs.map(({ value }) => value)
    this.network = new Network(this.inputs, this.outputs, this.where)
    this.placeParts()
    this.inputNames = inputs.map(({ key }, i) => key ?? (this.network.inputLayers[i] as AnyLayer).name)
    this.outputNames = distinct(outputs.map(({ key, value }) => key ?? value.layer.name))
    this.inputShapes = values.map(({ shape }) => shape)
    if (values.length === 1) this.inputShape = this.inputShapes[0]
    this.outputShapes = this.outputs.map(({ shape }) => shape)
    this.built = true
    this.takeOptions(options, fromConfig)
  }

  /** The layers, how they are applied, and what goes in and comes out. @throws MyelinError ERR_FORMAT for what no config can hold */
  override getConfig(): Record<string, unknown> {
    const { inputShape: _, ...config } = super.getConfig()
    const { layers, calls, outputs } = this.network
    return {
      ...config,
      layers: tellLayers(layers, this.where),
      calls: calls.map(({ layer, inputs, listed }) => ({ layer: layer.name, inputs, ...(listed && { listed }) })),
      inputs: this.inputNames,
      outputs: this.outputNames.map((name, i) => ({ name, value: outputs[i] as number })),
    } satisfies FunctionalConfig
  }

  /** The layers in the order in which they compute, input layers included. */
  override get layers(): readonly AnyLayer[] {
    return this.network.layers
  }

  /** The names of what each layer is applied to. @internal */
  get connections(): ReadonlyMap<AnyLayer, readonly string[]> {
    return this.network.connections
  }

  override ensureBuilt(sampleShapes: Shapes): void {
    this.checkShapes(sampleShapes)
    const shapes = shapeList(sampleShapes)
    if (shapes.length !== this.inputShapes.length)
      throw this.misshapen(`${this.takes()}, got ${shapes.length}: ${formatShapes(shapes)}`)
    shapes.forEach((shape, i) => {
      this.expectInput(i, shape)
    })
  }

  override computeOutputShape(inputShape: Shapes): Shapes {
    this.ensureBuilt(inputShape)
    return this.outputShapes.length === 1 ? this.outputShape : this.outputShapes
  }

  override callAll(inputs: readonly Tensor[], options: CallOptions = {}): Tensor[] {
    return this.network.run(this.prepare(inputs), options)
  }

  /** The graph was built before the model was, and stays. @internal */
  override unbuild(): void {}

  /** Checks the batches, and turns them into what the input layers say. */
  private prepare(inputs: readonly Tensor[]): Tensor[] {
    if (inputs.length !== this.inputShapes.length) throw this.wrong(`${this.takes()}, got ${inputs.length}`)
    const [first] = inputs
    return inputs.map((given, i) => {
      if (!(given instanceof Tensor))
        throw this.wrong(`call needs a Tensor for ${show(this.inputNames[i])}, got ${show(given)}`)
      const x = asBatch(given, this.inputShapes[i])
      const batch = this.batchOf(x)
      if (batch !== first?.shape[0])
        throw this.misshapen(
          `the inputs are batches of different sizes: ${show(this.inputNames[0])} is ${formatShape(first?.shape ?? [])}, ${show(this.inputNames[i])} is ${formatShape(x.shape)}`,
        )
      this.expectInput(i, x.shape.slice(1))
      return this.network.inputLayers[i]?.call(x) ?? x
    })
  }

  /** Refuses samples of another shape than the input's. */
  private expectInput(i: number, sampleShape: Shape): void {
    const known = this.inputShapes[i] as Shape
    const shape = asSample(sampleShape, known)
    if (sameShape(shape, known)) return
    this.expectBatchAxis(shape, known, i)
    this.network.inputLayers[i]?.ensureBuilt(shape)
  }

  private takes(): string {
    const { inputNames } = this
    return `takes ${inputNames.length} ${inputNames.length === 1 ? 'input' : 'inputs'} (${listed(inputNames)})`
  }

  /** The given symbolic tensors, with their keys where they come in a record. */
  private read(option: 'inputs' | 'outputs', given: unknown): { key?: string; value: SymbolicTensor }[] {
    if (given instanceof LayerOutput) return [{ value: given }]
    if (typeof given !== 'object' || given === null) throw this.wrong(`${option} must be ${kinds}, got ${show(given)}`)
    const byName: [string, unknown][] = given instanceof Map ? [...given] : Object.entries(given)
    const entries = Array.isArray(given)
      ? [...given].map((value: unknown) => ({ value }))
      : byName.map(([key, value]) => ({ key, value }))
    if (entries.length === 0) throw this.wrong(`${option} must not be empty`)
    return entries.map(({ value, ...rest }) => {
      if (value instanceof LayerOutput) return { ...rest, value }
      throw this.wrong(`${option} must be ${kinds}; there is ${show(value)} among them`)
    })
  }
}

registerLayer(Functional)

const optionNames = [
  'inputs',
  'outputs',
  'name',
  'trainable',
  'learningRateMultiplier',
] as const satisfies (keyof ModelOptions)[]

const isConfig = (options: object): options is FunctionalConfig =>
  typeof options === 'object' && options !== null && 'layers' in options

const kinds = 'symbolic tensors, of input(…) or layer.apply(…), alone, in an array or by name'

/**
 * A model of a graph of layers, from symbolic inputs to symbolic outputs:
 * ```js
 * const x = input({ shape: [64] })
 * const y = layers.dense({ units: 64, activation: 'relu' }).apply(x)
 * const residual = model({ inputs: x, outputs: layers.add().apply([x, y]) })
 * ```
 * A layer that is applied several times has the same weights each time; a model can be applied like a layer.
 * @throws MyelinError ERR_ARGUMENT if an output cannot be computed from the inputs, or two layers have the same name
 */
export const model = <const O extends SymbolicTensors>(options: ModelOptions<O>): Functional<OutputsOf<O>> =>
  new Functional(options)

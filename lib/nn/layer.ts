import { checkWhole, wrong } from '../core/check.js'
import { ofThisCopy } from '../core/copies.js'
import { isListOf } from '../core/kinds.js'
import { type AnySchema, parseOptions, tellOptions, type ValuesOf } from '../core/schema.js'
import { inWords, show } from '../core/show.js'
import type { DType } from '../tensor/dtype.js'
import type { Parameter } from '../tensor/parameter.js'
import { premises } from '../tensor/premises.js'
import { drawsBy, setDrawsBy } from '../tensor/random.js'
import { freeOnFailure } from '../tensor/scope.js'
import type { Shape } from '../tensor/shape.js'
import { assignAll, checkState, checkTensors, pathOf, State } from '../tensor/state.js'
import { Tensor } from '../tensor/tensor.js'
import { inferFromZeros } from './infer-shapes.js'
import { LayerChecks } from './layer-checks.js'
import { buildingError, inLayer, tapOutput } from './layer-errors.js'
import { classNameOf, defaultName, distinct, nameLayers } from './layer-name.js'
import { type CallOptions, commonOptions, type LayerOptions, layerSchema } from './layer-options.js'
import { Application, LayerOutput } from './layer-output.js'
import { contributeLoss } from './penalties.js'
import { formatShapes, isShapeList, type Shapes, sameShapes, shapeList } from './shapes.js'
import { newWeight, type WeightOptions } from './weight.js'

export type { CallOptions, LayerOptions }

/** A layer's output before there is data. */
export type SymbolicTensor = LayerOutput<AnyLayer>

/** A layer, whether it gives one tensor or several. */
export type AnyLayer = Layer<Tensor | Tensor[]>

/** Outputs before there is data: one symbolic tensor, or several. */
export type SymbolicOf<Y> = Y extends Tensor ? SymbolicTensor : SymbolicTensor[]

/** A layer that is part of another one, and where in it. */
export interface Part {
  readonly path: string
  readonly layer: AnyLayer
}

/**
 * A function of a batch, with weights. A layer of one's own overrides `call`, usually `build` (which calls `addWeight`),
 * and `getConfig`; shapes in it never include the batch axis. A layer that is applied to a list of inputs gets them as a list
 * in `call`, and their shapes as a list in `build`. Layers that it holds as properties, alone or in arrays, belong to it with
 * their weights: in `call` they are best used by `this.part.apply(x, options)`, which builds them.
 * @typeParam Y what `call` returns: a tensor, or several
 */
export abstract class Layer<Y extends Tensor | Tensor[] = Tensor> extends LayerChecks {
  /** The name in `summary()` and configs; a class without one goes by its own name, which bundlers may shorten. */
  static readonly className?: string
  /** The class's own options; where they are declared, others are refused. @internal */
  static readonly schema?: AnySchema

  /** The class's own options as they count, checked and with defaults: `dense.options.units`. Classes without a schema have none. */
  declare readonly options: unknown
  readonly name: string
  readonly className: string
  /** As given in the options; a model's, once built. */
  inputShape?: Shape
  built = false
  /** The shapes of one sample's outputs, once built. */
  outputShapes: readonly Shape[] = []
  // Out of the way of whatever a subclass calls its properties.
  readonly #ownWeights: Parameter[] = []
  /** Their names, given to `addWeight`. */
  readonly #weightNames: string[] = []
  readonly #applications: Application<AnyLayer>[] = []
  #builtShape: Shapes = []
  #dtypes: readonly DType[] = []
  #parts: readonly Part[] | null = null
  /** Who chose its name, if it was not given; null: nobody yet. */
  #namer: object | 'given' | null = null
  /** Where it is in what took it in first. */
  #place: { path: string; by: object } | null = null
  /** A stand-in for it with the layers that it names, so that they do not keep it alive. */
  readonly #asNamer = {}
  #trains: boolean
  #multiplier: number

  constructor(options: LayerOptions = {}) {
    super()
    this.className = classNameOf(new.target)
    this.name = options?.name ?? defaultName(this.className)
    if (typeof this.name !== 'string' || this.name === '')
      throw this.wrong(`name must be a text, got ${show(this.name)}`)
    const { schema } = new.target
    if (typeof options !== 'object' || options === null) parseOptions(schema ?? layerSchema, options, this.where)
    if ((options.name ?? null) !== null) this.#namer = 'given'
    // A subclass without a schema of its own takes what its constructor reads beside that of the class it extends.
    const common = Object.hasOwn(new.target, 'schema') ? commonOptions : null
    if (schema !== undefined) this.options = parseOptions(schema, options, this.where, common)
    const { trainable, inputShape, learningRateMultiplier } = parseOptions(layerSchema, options, this.where, null)
    this.#trains = trainable
    this.#multiplier = learningRateMultiplier
    if (inputShape !== undefined) this.inputShape = inputShape
  }

  /**
   * A layer of the class from what `getConfig()` gave, here or in another process. Default: made by the constructor, which must take it.
   * @throws MyelinError ERR_ARGUMENT for wrong options
   */
  static fromConfig<L extends AnyLayer>(this: new (config: never) => L, config: object): L {
    return new this(config as never)
  }

  /** The shape of one sample's output, once built; of the first, where there are several. */
  get outputShape(): Shape {
    return this.outputShapes[0] ?? []
  }

  /** Every weight, in the order of saved models: the layer's own, then those of the layers that it holds. Each once. */
  get weights(): Parameter[] {
    if (this.sublayers.length === 0) return this.#ownWeights
    return [...new Set([...this.allLayers()].flatMap((layer) => layer.#ownWeights))]
  }

  /**
   * By what the optimizer multiplies its learning rate for the layer's weights, from 0. Can be set at any time, and is then set for all
   * that the layer holds.
   */
  get learningRateMultiplier(): number {
    return this.#multiplier
  }

  set learningRateMultiplier(value: number) {
    this.checkMultiplier(value)
    for (const layer of this.allLayers()) layer.#multiplier = value
    for (const weight of this.weights) weight.learningRateMultiplier = value
  }

  /**
   * The weights that training changes: none of a frozen layer. What a layer holds is trained as each of its parts says, so that
   * those that are set anew after the whole was frozen are.
   */
  get trainableWeights(): Parameter[] {
    if (!this.trainable) return []
    const trained = [...this.allLayers()].filter(({ trainable }) => trainable).flatMap((layer) => layer.#ownWeights)
    return [...new Set(trained.filter(({ trainable }) => trainable))]
  }

  /**
   * Whether training changes the layer's weights; batch normalization that is frozen uses its running statistics. Can be set at any
   * time, and is then set for all that the layer holds; counts from the next `fit` on.
   */
  get trainable(): boolean {
    premises.value?.note(this, this.#trains, isTrainable)
    return this.#trains
  }

  set trainable(value: boolean) {
    this.checkFlag('trainable', value)
    for (const layer of this.allLayers()) layer.#trains = value
  }

  /** Is frozen or set free as another layer is, or a config says, without what it holds. The same of its multiplier. @internal */
  treatAs({ trainable = true, learningRateMultiplier = 1 }: LayerOptions): void {
    this.#trains = this.checkFlag('trainable', trainable)
    this.#multiplier = this.checkMultiplier(learningRateMultiplier)
  }

  /** Whether it is a layer itself: a Proxy of one, as reactive frameworks make them, has none of its private members. @internal */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (typeof value !== 'object' || value === null || !(#parts in value)) return false
    // biome-ignore lint/complexity/noThisInStatic: the class that is asked for, which may be a subclass
    return Function.prototype[Symbol.hasInstance].call(this, value)
  }

  /** @internal */
  override [inWords](): string {
    return Layer[Symbol.hasInstance](this)
      ? this.where
      : `a Proxy of ${this.where}; give what it stands for, in Vue by toRaw(…)`
  }

  /** The layers that this one is made of: those it holds as properties, alone or in arrays. */
  protected get sublayers(): readonly AnyLayer[] {
    return this.namedSublayers.map(({ layer }) => layer)
  }

  /** The sublayers with their paths within this layer: `encoder`, `blocks/0`. */
  protected get namedSublayers(): readonly Part[] {
    return this.#parts ?? Object.entries(this).flatMap(([name, held]) => partsIn(held, pathOf('', name)))
  }

  /** Whether its name was given when it was made. @internal */
  get hasGivenName(): boolean {
    return this.#namer === 'given'
  }

  /** @internal */
  keepsName(namer: object): boolean {
    return this.#namer !== null && this.#namer !== namer
  }

  /** Takes a name that was chosen for it, or with null for the namer gives that up. @internal */
  rename(name: string, namer: object | null): void {
    Object.assign(this, { name })
    this.#namer = namer
    this.#ownWeights.forEach((weight, i) => {
      weight.name = `${name}/${this.#weightNames[i]}`
    })
  }

  /** Its path within the first model that took it in; by itself, its name. By it the layer's noise is told from others'. @internal */
  get placeInModel(): string {
    return this.#place?.path ?? pathOf('', this.name)
  }

  /** Where a layer's parts have their paths begin: at the layer, but those of a model at the model. */
  protected get placeOfParts(): string {
    return this.placeInModel
  }

  /** Names the layers that it holds, and tells them their places. Those that another one took in before keep both. */
  protected placeParts(): void {
    const { placeOfParts: within } = this
    nameLayers(this.sublayers, this.#asNamer)
    for (const { path, layer } of this.namedSublayers) {
      const own = layer.#place === null || layer.#place.by === this.#asNamer
      if (own) layer.#place = { path: within === '' ? path : `${within}/${path}`, by: this.#asNamer }
      if (own) layer.placeParts()
    }
  }

  /** Takes back what {@link placeParts} gave a layer that is none of its parts after all. */
  protected displace(layer: AnyLayer): void {
    if (!layer.keepsName(this.#asNamer)) layer.rename(defaultName(layer.className), null)
    if (layer.#place?.by === this.#asNamer) layer.#place = null
  }

  /** The weights by path: a layer's own by name, those of a layer that it holds below the path of that. Each once. */
  weightsByPath(): Map<string, Parameter> {
    const found = new Map<string, Parameter>()
    for (const [path, layer] of this.layersByPath())
      for (const [name, weight] of layer.#namedWeights()) found.set(pathOf(path, name), weight)
    return found
  }

  /** This layer, and all that it is made of, by path; its own is ''. Each once. @internal */
  layersByPath(
    within = '',
    found: Map<string, AnyLayer> = new Map(),
    seen: Set<AnyLayer> = new Set(),
  ): Map<string, AnyLayer> {
    if (seen.has(this)) return found
    seen.add(this)
    found.set(within, this)
    for (const { path, layer } of this.namedSublayers)
      layer.layersByPath(within === '' ? path : `${within}/${path}`, found, seen)
    return found
  }

  /** Its own weights by name, with a number behind a name that one before has. */
  #namedWeights(): (readonly [string, Parameter])[] {
    const names = distinct(this.#weightNames)
    return this.#ownWeights.map((weight, i) => [names[i] as string, weight])
  }

  /**
   * All that changes in use: weights by path, and how far layers with a seed of their own have drawn. Copies; while the layer is trained,
   * all as they are between the same two steps.
   * @throws MyelinError ERR_ARGUMENT before it is built
   */
  state(): State {
    return this.held('state').copy()
  }

  /** {@link state} without copies. @internal */
  held(what: string): State {
    this.expectBuilt(what)
    const draws = new Map<string, number>()
    for (const [path, layer] of this.layersByPath()) {
      const count = drawsBy(layer)
      if (count > 0) draws.set(path, count)
    }
    return new State({ weights: State.ofPaths(this.weightsByPath()), draws: State.ofPaths(new Map(), draws) })
  }

  /**
   * Brings back what {@link state} told, of this layer or of one like it.
   * @throws MyelinError ERR_ARGUMENT, ERR_SHAPE, ERR_DTYPE, ERR_DISPOSED, naming paths and shapes; nothing is changed then
   */
  restore(state: State): void {
    this.restoring(state)()
  }

  /** Checks a state; what is returned brings it back. @internal */
  restoring(state: State): () => void {
    this.expectBuilt('restore')
    const given = checkState(state, 'restore')
    const weights = this.weightsByPath()
    const values = given.part('weights').tensors
    checkTensors(weights, values, 'restore', this.where)
    const restoreDraws = this.restoringDraws(given.part('draws').values)
    return () => {
      assignAll(weights, values)
      restoreDraws()
    }
  }

  /** Checks how far layers have drawn, by their paths; what is returned brings it back. @internal */
  restoringDraws(draws: ReadonlyMap<string, unknown>): () => void {
    const layers = this.layersByPath()
    for (const [path, count] of draws) {
      if (!layers.has(path))
        throw wrong('restore', `the state has draws of a layer ${show(path)}, which ${this.where} does not have`)
      checkWhole('restore', `the draws of ${show(path)}`, count as number, 0)
    }
    return () => {
      for (const [path, layer] of layers)
        if (draws.has(path) || drawsBy(layer) > 0) setDrawsBy(layer, (draws.get(path) ?? 0) as number)
    }
  }

  /** Refuses what needs weights before there are any. */
  protected expectBuilt(_what: string): void {
    if (!this.built) throw this.notBuilt()
  }

  /** This layer and all that it is made of, each once. @internal */
  allLayers(found: Set<AnyLayer> = new Set()): Set<AnyLayer> {
    if (found.has(this)) return found
    found.add(this)
    for (const layer of this.sublayers) layer.allLayers(found)
    return found
  }

  /**
   * Applied to symbolic inputs: says what the output will look like, and builds the layer for it. Several inputs come as a list.
   * Each time the weights are the same.
   * @throws MyelinError ERR_SHAPE, ERR_ARGUMENT if the layer cannot take such inputs
   */
  apply(x: SymbolicTensor | readonly SymbolicTensor[]): SymbolicOf<Y>
  /** Applied to a batch of tensors: builds the layer, and computes. */
  apply(x: Tensor | readonly Tensor[], options?: CallOptions): Y
  apply(x: SymbolicTensor | Tensor | readonly (SymbolicTensor | Tensor)[], options: CallOptions = {}): unknown {
    const listed = Array.isArray(x)
    const inputs: readonly unknown[] = listed ? x : [x]
    if (inputs.length > 0 && isListOf(inputs, isSymbolic)) return this.#applySymbolic(inputs, listed)
    const given: readonly Tensor[] = inputs.filter((input) => input instanceof Tensor)
    const [first] = given
    if (first === undefined || given.length < inputs.length)
      throw this.wrong(
        `apply takes the output of input(…) or of another layer's apply(…), or a Tensor, or a list of one kind; got ${show(x)}`,
      )
    this.checkCallOptions(options)
    for (const input of given) this.batchOf(input)
    const shapes = given.map(({ shape }) => shape.slice(1))
    this.expectDTypes(given)
    this.ensureBuilt(listed ? shapes : (shapes[0] as Shape))
    return freeOnFailure(() => inLayer(this, () => tapOutput(this.call(listed ? given : first, options))))
  }

  /** The layer's output where it was applied. @throws MyelinError ERR_ARGUMENT unless it was applied once, to symbolic inputs */
  get output(): SymbolicOf<Y> {
    const [application, ...others] = this.#applications
    if (application === undefined || others.length > 0)
      throw this.wrong(
        `has been applied to symbolic inputs ${this.#applications.length} times; only a layer that is used once has one output`,
      )
    return unpack(application.outputs)
  }

  #applySymbolic(inputs: readonly SymbolicTensor[], listed: boolean): SymbolicOf<Y> {
    const shapes = inputs.map(({ shape }) => shape)
    const inputShape = listed ? shapes : (shapes[0] as Shape)
    this.expectDTypes(inputs)
    this.ensureBuilt(inputShape)
    const application = new Application<AnyLayer>(this, inputs, listed, this.#inferShapes(inputShape))
    this.#applications.push(application)
    return unpack(application.outputs)
  }

  /** Notes what the layer is going to be given, where that is not float32: so it is tried out. @internal */
  expectDTypes(inputs: readonly { dtype: DType }[]): void {
    this.#dtypes = inputs.map(({ dtype }) => dtype)
  }

  /**
   * Builds the layer for inputs of this shape, the first time; checks the shape from then on.
   * @throws MyelinError ERR_SHAPE if the layer cannot take such an input
   */
  ensureBuilt(inputShape: Shapes): void {
    this.checkShapes(inputShape)
    if (this.built) {
      if (isShapeList(inputShape) !== isShapeList(this.#builtShape)) this.expectShape(inputShape, this.#builtShape)
      if (!sameShapes(inputShape, this.#builtShape)) this.checkInput(inputShape, this.#builtShape)
      return
    }
    if (typeof this.call !== 'function') throw this.wrong('needs a method call(x, options), which returns a Tensor')
    if (this.inputShape !== undefined && !isShapeList(inputShape)) this.expectGivenShape(inputShape, this.inputShape)
    const unbuilt = [...this.allLayers()].filter(({ built }) => !built)
    this.placeParts()
    try {
      this.build(inputShape)
      this.outputShapes = this.#inferShapes(inputShape)
      this.placeParts()
      if (this.sublayers.some(({ built }) => !built)) this.#runOnZeros(inputShape)
    } catch (error) {
      for (const layer of unbuilt) layer.unbuild()
      throw buildingError(error, this.name, this.where, inputShape)
    }
    this.#builtShape = inputShape
    this.#parts = this.namedSublayers
    if (!this.#trains) for (const layer of this.allLayers()) layer.#trains = false
    this.built = true
  }

  /** Goes back to before `build`; the layers it holds are left alone. @internal */
  unbuild(): void {
    for (const weight of this.#ownWeights.splice(0)) weight.dispose()
    this.#weightNames.splice(0)
    this.built = false
    this.outputShapes = []
  }

  /** Adds the weights. Called once. @throws MyelinError ERR_SHAPE for an impossible input */
  build(_inputShape: Shapes): void {}

  /** The layer's output for a batch x of shape [batch, …]. Differentiable. */
  abstract call(x: Tensor | readonly Tensor[], options: CallOptions): Y

  /** The shape of one sample's output. Default: what `call`, once built, makes of a batch of one zero sample. */
  computeOutputShape(inputShape: Shapes): Shapes {
    return this.#runOnZeros(inputShape)
  }

  /** Refuses a list where one input is meant: then the layer fails on it, or hands it on as it is. */
  #runOnZeros(inputShape: Shapes): Shapes {
    return inferFromZeros(inputShape, this.#dtypes, (x): Shapes => {
      const y: unknown = inLayer(this, () => this.call(x, {}))
      if (!Array.isArray(y)) return this.checkOutput(y).shape.slice(1)
      if (y === x) throw this.wrong(`takes one input, got a list of ${y.length}: ${formatShapes(inputShape)}`)
      return y.map((part) => this.checkOutput(part).shape.slice(1))
    })
  }

  /** The shapes of the outputs. */
  #inferShapes(inputShape: Shapes): readonly Shape[] {
    if (this.built && sameShapes(inputShape, this.#builtShape)) return this.outputShapes
    const shapes = shapeList(this.computeOutputShape(inputShape))
    return isShapeList(inputShape) ? shapeList(this.#runOnZeros(inputShape)) : shapes.map((shape) => [...shape])
  }

  /** Makes a weight; its name becomes `layer/name`. Only in `build`. */
  addWeight(name: string, shape: Shape, options: WeightOptions = {}): Parameter {
    const weight = newWeight(this.name, name, shape, options, this.where)
    weight.learningRateMultiplier = this.#multiplier
    this.#ownWeights.push(weight)
    this.#weightNames.push(name)
    return weight
  }

  /**
   * Adds a scalar to the loss that `fit` and `evaluate` compute with this output. Only in `call`; where nobody trains or evaluates
   * it does nothing.
   * @param loss the scalar, or a function that makes it, which is called only if it is wanted
   * @throws MyelinError ERR_ARGUMENT for what is no scalar
   */
  addLoss(loss: Tensor | (() => Tensor)): void {
    contributeLoss(loss, this.where)
  }

  /**
   * The layer's options as plain data, which make an equal layer: `Class.fromConfig(layer.getConfig())`. A layer of one's own adds those of
   * its constructor. Weights are not among them, nor layers that it makes itself; a model's config holds its layers.
   * @throws MyelinError ERR_FORMAT if an option is a function of the user's that is not registered: an activation, an initializer, …
   */
  getConfig(): Record<string, unknown> {
    const { name, trainable, inputShape, learningRateMultiplier } = this
    const { schema } = this.constructor as typeof Layer
    return {
      name,
      ...tellOptions(layerSchema, { trainable, inputShape, learningRateMultiplier }, this.where),
      ...(schema !== undefined && tellOptions(schema, this.options as ValuesOf<AnySchema>, this.where)),
    }
  }

  /**
   * Whether a layer built for one shape takes another. Default: with weights it does not.
   * @throws MyelinError ERR_SHAPE
   */
  protected checkInput(inputShape: Shapes, builtShape: Shapes): void {
    if (this.weights.length === 0) this.computeOutputShape(inputShape)
    else this.expectShape(inputShape, builtShape)
  }
}

ofThisCopy(Layer)

/** One output alone, several in a list. */
const unpack = <Y>(outputs: readonly SymbolicTensor[]): SymbolicOf<Y> =>
  (outputs.length === 1 ? outputs[0] : [...outputs]) as SymbolicOf<Y>

const isTrainable = ({ trainable }: AnyLayer): boolean => trainable
const isLayer = (value: unknown): value is AnyLayer => value instanceof Layer
const isSymbolic = (value: unknown): value is SymbolicTensor => value instanceof LayerOutput

/** The layers in a property: itself, or those of a list. */
function partsIn(held: unknown, path: string): Part[] {
  if (isLayer(held)) return [{ path, layer: held }]
  if (!Array.isArray(held)) return []
  return held.flatMap((layer: unknown, i) => (isLayer(layer) ? [{ path: `${path}/${i}`, layer }] : []))
}

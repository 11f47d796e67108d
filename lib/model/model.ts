import { refusePromise, wrong } from '../core/check.js'
import { MyelinError } from '../core/error.js'
import { didYouMean } from '../core/names.js'
import { listed, show } from '../core/show.js'
import { type BatchIterable, disposeOwned, type ModelData, type TensorData } from '../data/source.js'
import { type AnyLayer, type CallOptions, Layer, type Part } from '../nn/layer.js'
import { distinct } from '../nn/layer-name.js'
import type { LayerOptions } from '../nn/layer-options.js'
import { total, weightPenalties } from '../nn/penalties.js'
import type { Shapes } from '../nn/shapes.js'
import type { Optimizer } from '../optim/optimizer.js'
import type { Parameter } from '../tensor/parameter.js'
import { freeOnFailure, tidy } from '../tensor/scope.js'
import type { Shape } from '../tensor/shape.js'
import { assignEach, copiesOf, pathOf, type State } from '../tensor/state.js'
import type { Tensor } from '../tensor/tensor.js'
import type { Evaluation } from '../train/assessment.js'
import { type EvaluateOptions, evaluateModel, evaluateOptionNames } from '../train/evaluate.js'
import { fitModel } from '../train/fit.js'
import { type FitOptions, fitOptionNames } from '../train/fit-options.js'
import type { History } from '../train/history.js'
import { type CompileOptions, Objective } from '../train/objective.js'
import { claim, type Owner } from '../train/owners.js'
import { type PredictOptions, Predictor } from '../train/predict.js'
import { type InputIterable, type PredictStreamOptions, predictBatches } from '../train/predict-stream.js'
import { runArguments } from '../train/run-arguments.js'
import { isTraining, refuseDuringSteps, refuseWhileTraining, whileTraining } from '../train/run-lock.js'
import type { TrainableModel } from '../train/trainable-model.js'
import { lackOfBatchAxis } from './batch-axis.js'
import type { LoadedWeights, LoadWeightsOptions, ModelFiles, ModelJson } from './files.js'
import { summarize } from './summary.js'
import { weightValues } from './weights.js'

/** How many numbers a model consists of. */
export interface ParameterCount {
  total: number
  trainable: number
  nonTrainable: number
}

/**
 * Layers put together, and what is done with them: training, evaluation, prediction. A model is a layer, too: it can be applied, and
 * be part of another one, which then trains its weights.
 * @typeParam Y what `call` returns: a tensor for one output, an array for several
 */
export abstract class Model<Y extends Tensor | Tensor[] = Tensor> extends Layer<Y> implements TrainableModel {
  private objective: Objective | null = null
  private readonly owner: Owner = { name: this.name }
  private readonly predictor = new Predictor(this, () => isTraining(this))
  private stops = false

  constructor(name?: string) {
    if (typeof new.target.prototype.callAll !== 'function')
      throw wrong(
        new.target.name,
        new.target === (Model as unknown)
          ? 'is what models have in common: make one by model({ inputs, outputs }) or sequential({ layers })'
          : 'extends Model, which is not for that: extend Layer, and make a model of it by sequential({ layers: [new ' +
              `${new.target.name}(…)] })`,
      )
    super({ name })
  }

  /** Options that go to all the layers, or if these came with their configs, to the model itself. */
  protected takeOptions({ trainable, learningRateMultiplier }: LayerOptions, fromConfig: boolean): void {
    if (fromConfig) this.treatAs({ trainable, learningRateMultiplier })
    if (!fromConfig && trainable !== undefined) this.trainable = trainable
    if (!fromConfig && learningRateMultiplier !== undefined) this.learningRateMultiplier = learningRateMultiplier
  }

  /** The layers in the order in which they compute. */
  abstract get layers(): readonly AnyLayer[]

  abstract get inputNames(): readonly string[]

  abstract get outputNames(): readonly string[]

  /** The outputs for a batch of each input. @internal */
  abstract callAll(inputs: readonly Tensor[], options?: CallOptions): Tensor[]

  abstract override ensureBuilt(sampleShapes: Shapes): void

  /**
   * The output for a batch [batch, …], or for a list of batches where there are several inputs: eager and differentiable. Builds
   * the model if that has not been done. In training, running statistics are assigned before it returns.
   * @throws MyelinError ERR_SHAPE, naming the layer, if the batch does not fit
   */
  override call(x: Tensor | readonly Tensor[], options: CallOptions = {}): Y {
    this.checkCallOptions(options)
    return freeOnFailure(() => unpack(this.callAll(asList(x), options)))
  }

  protected override get sublayers(): readonly AnyLayer[] {
    return this.layers
  }

  protected override get namedSublayers(): readonly Part[] {
    const names = distinct(this.layers.map(({ name }) => name))
    return this.layers.map((layer, i) => ({ path: pathOf('', names[i] as string), layer }))
  }

  protected override get placeOfParts(): string {
    return ''
  }

  /**
   * @throws MyelinError ERR_BUSY, too, while the model, or another one with the same weights, is training, but for a callback's hook
   */
  override restore(state: State): void {
    refuseDuringSteps(this, 'restore')
    super.restore(state)
  }

  protected override expectBuilt(what: string): void {
    this.requireBuilt(what)
  }

  /**
   * Says what the model is trained for. Resets the optimizer's state; successive calls of `fit` go on with it. Optimizers and metrics that
   * are given as objects belong to this model from then on, until it is compiled with others.
   * @throws MyelinError ERR_ARGUMENT for unknown names, or an optimizer or metric that belongs to another model; ERR_BUSY while the model is training
   */
  compile(options: CompileOptions): void {
    refuseWhileTraining(this, 'compile')
    const objective = new Objective(options, this.outputNames)
    claim(this.owner, objective, this.objective)
    objective.optimizer.reset()
    this.objective = objective
  }

  /**
   * The options of {@link compile} as plain data, which it takes for a model with the same outputs: the optimizer as it is now, losses,
   * metrics, weights of losses. Null before it was called.
   * @throws MyelinError ERR_FORMAT if one of them is a function of the user's that is not registered
   */
  getCompileConfig(): CompileOptions | null {
    return this.objective?.getConfig() ?? null
  }

  /**
   * The optimizer that `compile` was given, or made by the name it was given: `model.optimizer.learningRate = 1e-4`, at any time.
   * @throws MyelinError ERR_ARGUMENT before `compile`
   */
  get optimizer(): Optimizer {
    return this.compiled('optimizer').optimizer
  }

  /**
   * Trains on the batches of an iterable, synchronous or not, such as a Dataset: [x, y] or [x, y, sampleWeight]. A stream that throws
   * ends the run with its error and the weights of the last whole step. All else is as with x and y.
   */
  async fit(batches: BatchIterable, options?: FitOptions): Promise<History>
  /** Batches of an iterable, which have no y beside them. */
  async fit(batches: BatchIterable, y: undefined, options?: FitOptions): Promise<History>
  /**
   * Trains on mini-batches, for a number of epochs. The event loop turns every 10 ms meanwhile. Tensors may be disposed of as soon
   * as it runs; arrays are copied while it starts, and must not change until then. Values that are not finite are taken as they
   * are: the loss says so.
   * @param x the inputs [n, …] as a Tensor, typed array, { data, shape } or nested arrays (bytes are converted batch by
   *   batch), for several inputs a list or a record by name
   * @param y the targets [n, …], for several outputs a list or a record by name
   * @returns the history; an abort or a stop by a callback resolves with `stopped`. Figures are `loss` and the metrics; with
   *   several outputs `loss` (their sum by `lossWeights`), then for each `<output>_loss` and `<output>_<metric>`
   * @throws MyelinError ERR_ARGUMENT, ERR_SHAPE; ERR_BUSY if it is training already, or another model with the same weights. The model
   *   stays usable.
   */
  async fit(x: ModelData, y?: ModelData, options?: FitOptions): Promise<History>
  async fit(x: ModelData | BatchIterable, second?: ModelData | FitOptions, third?: FitOptions): Promise<History> {
    const objective = this.compiled('fit')
    const { y, options } = runArguments('fit', x, second, third, this, fitOptionNames)
    return whileTraining(this, 'fit', () => fitModel(this, objective, x, y, options))
  }

  /**
   * Ends a run, as in Keras: true, set in a callback, is the callback's `run.stop()`, and `History.stopped` is `'early'`. It counts
   * after the present batch where a callback hears of batches, else after the present epoch. Each `fit` sets it to false first.
   */
  get stopTraining(): boolean {
    return this.stops
  }

  set stopTraining(value: boolean) {
    this.stops = this.checkFlag('stopTraining', value)
  }

  /** The loss and the metrics on the batches of an iterable, such as a Dataset: [x, y] or [x, y, sampleWeight]. */
  async evaluate(batches: BatchIterable, options?: EvaluateOptions): Promise<Evaluation>
  /** Batches of an iterable, which have no y beside them. */
  async evaluate(batches: BatchIterable, y: undefined, options?: EvaluateOptions): Promise<Evaluation>
  /**
   * The loss and the metrics on data, each exact over all samples.
   * @param x as in {@link fit}
   * @throws MyelinError ERR_ARGUMENT, ERR_SHAPE; the signal's reason
   */
  async evaluate(x: ModelData, y?: ModelData, options?: EvaluateOptions): Promise<Evaluation>
  async evaluate(
    x: ModelData | BatchIterable,
    second?: ModelData | EvaluateOptions,
    third?: EvaluateOptions,
  ): Promise<Evaluation> {
    const objective = this.compiled('evaluate')
    const { y, options } = runArguments('evaluate', x, second, third, this, evaluateOptionNames)
    return evaluateModel(this, objective, x, y, options)
  }

  /** The outputs for all samples of x, computed batch by batch: [n, …]. @throws MyelinError ERR_SHAPE; the signal's reason */
  async predict(x: ModelData, options: PredictOptions = {}): Promise<Y> {
    return unpack<Y>(await this.predictor.run(x, options))
  }

  /** The output for one small batch, at once. */
  predictSync(x: ModelData): Y {
    return unpack(this.predictor.runSync(x))
  }

  /**
   * The outputs of one batch after the other, computed off the JavaScript thread. The next batch is pulled and copied while one is
   * computed, never more than one ahead of the reader. Who leaves the loop closes the source; its errors come out here.
   * @param batches an iterable, synchronous or not, of inputs, or of batches [x, y, …] of which x is taken
   * @throws MyelinError ERR_ARGUMENT for what is no iterable, ERR_SHAPE for a batch that does not fit; the signal's reason
   */
  async *predictStream(batches: InputIterable, options: PredictStreamOptions = {}): AsyncGenerator<Y, void, undefined> {
    for await (const outputs of predictBatches(this.predictor, this.inputNames.length, batches, options))
      yield unpack(outputs)
  }

  /** Drops the compiled plans, when the model becomes another. */
  protected forgetPlans(): void {
    this.predictor.dispose()
  }

  /**
   * A table of the layers with their outputs and parameters.
   * @param print what to do with it; default `console.log`; false: only return it
   * @throws MyelinError ERR_ARGUMENT
   */
  summary(print: ((text: string) => void) | false = console.log): string {
    if (typeof print !== 'function' && print !== false)
      throw new MyelinError(
        'ERR_ARGUMENT',
        `[${this.where}] summary takes a function that prints the text, or false, got ${show(print)}`,
      )
    const text = summarize(this)
    if (print !== false) refusePromise('summary', print(text))
    return text
  }

  countParams(): ParameterCount {
    this.requireBuilt('countParams')
    const count = (weights: readonly Parameter[]): number => weights.reduce((n, { size }) => n + size, 0)
    const total = count(this.weights)
    const trainable = count(this.trainableWeights)
    return { total, trainable, nonTrainable: total - trainable }
  }

  /** @param which a layer's name, or its number; negative ones count from the end */
  getLayer(which: string | number): this['layers'][number] {
    const layers: this['layers'] = this.layers
    const names = distinct(layers.map(({ name }) => name))
    const found = typeof which === 'number' ? layers.at(which) : layers[names.indexOf(which)]
    if (found !== undefined && (typeof which === 'string' || Number.isInteger(which))) return found
    const near = didYouMean(which, names)
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[${this.where}] there is no layer ${show(which)}; there are ${listed(names) || 'none'}${near && `.${near}`}`,
    )
  }

  /**
   * The sum of the penalties on the trainable weights, a differentiable scalar: for the loss of a training step of one's own. `fit`
   * and `evaluate` add it by themselves.
   */
  regularizationLoss(): Tensor {
    this.requireBuilt('regularizationLoss')
    return tidy(() => total(weightPenalties(this.trainableWeights)))
  }

  /** Copies of the weights, in their order; while the model trains, all of them as they are between the same two steps. */
  getWeights(): Tensor[] {
    this.requireBuilt('getWeights')
    return copiesOf(this.weights)
  }

  /**
   * Replaces the weights, in the order of `getWeights`. All are checked before anything is changed.
   * @param values a Tensor for each, nested arrays (as `JSON.parse` gives back what `JSON.stringify(model.getWeights())` wrote), a typed
   *   array of as many numbers, or { data, shape }; copied
   * @throws MyelinError ERR_SHAPE, ERR_DTYPE, ERR_DISPOSED; ERR_BUSY while the model, or another one with the same weights, is
   *   training, but for a callback's hook
   */
  setWeights(values: readonly TensorData[]): void {
    refuseDuringSteps(this, 'setWeights')
    this.requireBuilt('setWeights')
    const { weights } = this
    const found = weightValues(weights, values, this.name)
    assignEach(
      weights,
      found.map(({ samples }) => samples),
    )
    disposeOwned(found)
  }

  /**
   * Writes the model to a file: layers and how they are put together, weights, and if it is compiled what it is trained for, with the
   * state of the optimizer, so that training goes on; {@link loadModel} makes it again. The file is in the safetensors format, which
   * Python reads too, the tensors by their paths (`weightsByPath()`). It is there whole or not at all. While the model trains it is
   * written beside that, as it was between two steps; `fit` waits for one that began before it. One file is written at a time.
   * @throws MyelinError ERR_FORMAT for a function of yours that has no registered name, by its layer and option, and for a path that
   *   cannot be written: then what was there before is as it was; ERR_ARGUMENT if the model is not built
   */
  save(path: string): Promise<void> {
    return modelFiles().save(this, path)
  }

  /** Writes the weights alone, as {@link save} does; {@link loadWeights} reads them. @throws MyelinError as save */
  saveWeights(path: string): Promise<void> {
    return modelFiles().saveWeights(this, path)
  }

  /**
   * Sets the weights to those of a safetensors file: of `save` or `saveWeights`, of PyTorch (see `mapping`), or of anybody with the paths
   * of `weightsByPath()`. Numbers in F16, BF16 and F64 are taken as float32, whole ones as int32. Nothing is changed before all has been
   * read and checked, and then all at once.
   * @returns which weights were set, and which not
   * @throws MyelinError ERR_FORMAT for a file that is damaged or something else, or if weights are missing, unexpected or mismatched, unless
   *   the options allow that; ERR_DTYPE for numbers that no dtype here holds; ERR_MEMORY; ERR_ARGUMENT if the model is not built; ERR_BUSY
   *   as `setWeights`. The model is as it was then.
   */
  loadWeights(path: string, options?: LoadWeightsOptions): Promise<LoadedWeights> {
    return modelFiles().loadWeights(this, path, options)
  }

  /**
   * The layers and how they are put together as plain data, without weights: {@link modelFromJSON} makes an equal model.
   * `JSON.stringify(model)` writes it.
   * @throws MyelinError ERR_FORMAT for a function of yours that has no registered name, by its layer and option
   */
  toJSON(): ModelJson {
    return modelFiles().toJSON(this)
  }

  /** Drops the gradients that `backward` has added up in the weights: `weight.grad` is null then. `fit` needs none of it. */
  zeroGrad(): void {
    for (const weight of this.weights) weight.zeroGrad()
  }

  /** Refuses samples that look like a single one without its batch axis, in the words of the input. @throws MyelinError ERR_SHAPE */
  protected expectBatchAxis(sampleShape: Shape, shape: Shape | undefined, input: number): void {
    const lack = lackOfBatchAxis(sampleShape, shape)
    if (lack !== null) throw this.misshapen(`the input ${show(this.inputNames[input])} ${lack}`)
  }

  /** @throws MyelinError ERR_ARGUMENT */
  protected requireBuilt(what: string): void {
    if (!this.built)
      throw new MyelinError(
        'ERR_ARGUMENT',
        `[${what}] the model ${show(this.name)} has no weights yet: give the first layer an inputShape, or call the model on a batch`,
      )
  }

  private compiled(what: string): Objective {
    if (this.objective !== null) return this.objective
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[${what}] the model ${show(this.name)} has no loss: call compile({ optimizer, loss }) first`,
    )
  }
}

let files: ModelFiles<AnyModel> | null = null

/** Says how models are written to files. */
export function setModelFiles(given: ModelFiles<AnyModel>): void {
  files = given
}

const modelFiles = (): ModelFiles<AnyModel> => files as ModelFiles<AnyModel>

/** A model, whether it gives one tensor or several. */
export type AnyModel = Model<Tensor | Tensor[]>

const asList = (x: Tensor | readonly Tensor[]): readonly Tensor[] => (isList(x) ? x : [x])
const isList = (x: Tensor | readonly Tensor[]): x is readonly Tensor[] => Array.isArray(x)

/** One output alone, several in a list. */
const unpack = <Y extends Tensor | Tensor[]>(outputs: Tensor[]): Y => (outputs.length === 1 ? outputs[0] : outputs) as Y

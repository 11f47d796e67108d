import { noGrad } from '../autodiff/tape.js'
import { MyelinError } from '../native/error.js'
import { zeros } from '../tensor/creation.js'
import { eagerly } from '../tensor/recorder.js'
import { tidy } from '../tensor/scope.js'
import { formatShape, type Shape, sameShape } from '../tensor/shape.js'
import { Parameter, type Tensor } from '../tensor/tensor.js'
import type { ActivationName } from './activations/get.js'
import { getInitializer, type InitializerLike } from './initializers/get.js'

export interface CallOptions {
  /** Dropout drops and batch normalization uses the batch's statistics. Default false. */
  training?: boolean
}

export interface LayerOptions {
  /** Default: the class's name in snake case, with a number from the second one on: `dense`, `dense_1`, … */
  name?: string
  /** Default true. A frozen layer's weights are not trained. */
  trainable?: boolean
  /** The shape of one sample, without the batch axis. Only a model's first layer needs it. */
  inputShape?: readonly number[]
}

export interface WeightOptions {
  /** Default `zeros`. */
  initializer?: InitializerLike
  /** Default true; false for statistics such as a running mean. */
  trainable?: boolean
}

/**
 * A function of a batch, with weights. A layer of one's own overrides `call`, usually `build` (which calls `addWeight`),
 * and `getConfig`; shapes in it never include the batch axis.
 */
export abstract class Layer {
  /** The name in `summary()` and in saved models; a class without one goes by its own name. */
  static readonly className?: string

  readonly name: string
  readonly className: string
  /** As given in the options. */
  readonly inputShape?: Shape
  /** Every weight, in the order of saved models. */
  readonly weights: Parameter[] = []
  built = false
  /** The shape of one sample's output, once built. */
  outputShape: Shape = []
  /** Whether training changes the layer's weights. */
  trainable: boolean
  private builtShape: Shape = []

  constructor(options: LayerOptions = {}) {
    const own = Object.hasOwn(new.target, 'className') ? new.target.className : undefined
    this.className = own ?? new.target.name
    this.name = options.name ?? defaultName(this.className)
    if (typeof this.name !== 'string' || this.name === '')
      throw this.wrong(`name must be a text, got ${String(this.name)}`)
    this.trainable = this.checkFlag('trainable', options.trainable ?? true)
    if (options.inputShape !== undefined) this.inputShape = this.checkSampleShape('inputShape', options.inputShape)
  }

  /** The weights that training changes: none of a frozen layer. */
  get trainableWeights(): Parameter[] {
    return this.trainable ? this.weights.filter((weight) => weight.trainable) : []
  }

  /**
   * Builds the layer for inputs of this shape, the first time; checks the shape from then on.
   * @throws MyelinError ERR_SHAPE if the layer cannot take such an input
   */
  ensureBuilt(inputShape: Shape): void {
    if (this.built) {
      if (!sameShape(inputShape, this.builtShape)) this.checkInput(inputShape, this.builtShape)
      return
    }
    try {
      this.build(inputShape)
      this.outputShape = [...this.computeOutputShape(inputShape)]
    } catch (error) {
      this.unbuild()
      throw error
    }
    this.builtShape = [...inputShape]
    this.built = true
  }

  /** Goes back to before `build`. @internal */
  unbuild(): void {
    for (const weight of this.weights.splice(0)) weight.dispose()
    this.built = false
    this.outputShape = []
  }

  /** Adds the weights. Called once. @throws MyelinError ERR_SHAPE for an impossible input */
  build(_inputShape: Shape): void {}

  /** The layer's output for a batch x of shape [batch, …]. Differentiable. */
  abstract call(x: Tensor, options: CallOptions): Tensor

  /** The shape of one sample's output. Default: what `call`, once built, makes of a batch of one zero sample. */
  computeOutputShape(inputShape: Shape): Shape {
    return noGrad(() => tidy(() => this.call(zeros([1, ...inputShape]), {}).shape.slice(1)))
  }

  /** The activation by which the layer ends, if it is one of the registered ones, else null. */
  get finalActivation(): ActivationName | null {
    return null
  }

  /** `call` up to the {@link finalActivation}: the logits of a layer that ends in softmax or sigmoid. */
  callLinear(x: Tensor, options: CallOptions): Tensor {
    return this.call(x, options)
  }

  /** Makes a weight; its name becomes `layer/name`. Only in `build`. */
  addWeight(name: string, shape: Shape, { initializer = 'zeros', trainable = true }: WeightOptions = {}): Parameter {
    const value = eagerly(() => getInitializer(initializer, this.where)(shape))
    if (!sameShape(value.shape, shape))
      throw this.misshapen(`the initializer of ${name} gave ${formatShape(value.shape)} for ${formatShape(shape)}`)
    const weight = new Parameter(value, { name: `${this.name}/${name}`, trainable })
    this.weights.push(weight)
    return weight
  }

  /** The options that make an equal layer: `new Class(layer.getConfig())`. Plain data. */
  getConfig(): Record<string, unknown> {
    const { name, trainable, inputShape } = this
    return { name, trainable, ...(inputShape !== undefined && { inputShape }) }
  }

  /** How error messages name the layer. */
  protected get where(): string {
    return `${this.className} "${this.name}"`
  }

  /**
   * Whether a layer built for one shape takes another. Default: with weights it does not.
   * @throws MyelinError ERR_SHAPE
   */
  protected checkInput(inputShape: Shape, builtShape: Shape): void {
    if (this.weights.length === 0) this.computeOutputShape(inputShape)
    else this.expectShape(inputShape, builtShape)
  }

  /** A shape given as an option: whole numbers from 1. */
  protected checkSampleShape(option: string, shape: readonly number[]): Shape {
    if (!Array.isArray(shape) || !shape.every((n) => Number.isInteger(n) && n > 0))
      throw this.wrong(
        `${option} must be an array of positive whole numbers without the batch axis, got ${show(shape)}`,
      )
    return [...shape]
  }

  /** Refuses an input that is not of exactly this shape. */
  protected expectShape(inputShape: Shape, expected: Shape): void {
    if (sameShape(inputShape, expected)) return
    throw this.misshapen(
      `takes inputs of ${formatShape(expected)} (without the batch axis), got ${formatShape(inputShape)}`,
    )
  }

  /** An option that counts something: a positive whole number. */
  protected checkCount(option: string, value: number): number {
    if (Number.isSafeInteger(value) && value > 0) return value
    throw this.wrong(`${option} must be a positive whole number, got ${String(value)}`)
  }

  /** An option that is a finite number. */
  protected checkFinite(option: string, value: number): number {
    if (Number.isFinite(value)) return value
    throw this.wrong(`${option} must be a finite number, got ${String(value)}`)
  }

  /** An option that is true or false. */
  protected checkFlag(option: string, value: boolean): boolean {
    if (typeof value === 'boolean') return value
    throw this.wrong(`${option} must be true or false, got ${String(value)}`)
  }

  /** The error for a wrong option or use. */
  protected wrong(message: string): MyelinError {
    return new MyelinError('ERR_ARGUMENT', `[${this.where}] ${message}`)
  }

  /** The error for a wrong shape. */
  protected misshapen(message: string): MyelinError {
    return new MyelinError('ERR_SHAPE', `[${this.where}] ${message}`)
  }

  /** The error for a call before the weights are there. */
  protected notBuilt(): MyelinError {
    return this.wrong('has no weights yet; use it in a model, or call ensureBuilt(inputShape) first')
  }

  /** The size of a batch. */
  protected batchOf(x: Tensor): number {
    const [batch] = x.shape
    if (batch === undefined) throw this.misshapen('needs a batch, [batch, …]; got a scalar')
    return batch
  }
}

const show = (value: unknown): string => (Array.isArray(value) ? `[${value.join(', ')}]` : String(value))

const counts = new Map<string, number>()

/** Keras' scheme: `batch_normalization`, `batch_normalization_1`, … counted in this process. */
function defaultName(className: string): string {
  const base = className.replace(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, '_').toLowerCase()
  const count = counts.get(base) ?? 0
  counts.set(base, count + 1)
  return count === 0 ? base : `${base}_${count}`
}

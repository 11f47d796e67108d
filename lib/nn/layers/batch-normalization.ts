import { show } from '../../core/show.js'
import { assignMovingAverage, batchNormalizationInference, batchNormalization as normalize } from '../../ops/index.js'
import { onLastAxis } from '../../ops/movement.js'
import { full } from '../../tensor/creation.js'
import { Parameter } from '../../tensor/parameter.js'
import { formatShape, type Shape } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import type { ConstraintLike, InitializerLike, RegularizerLike } from '../choices.js'
import { type CallOptions, Layer, type LayerOptions } from '../layer.js'
import type { OptionTable } from '../options.js'
import { recipeConfig, type WeightRecipe, weightRecipe } from '../weight-recipe.js'

export interface BatchNormalizationOptions extends LayerOptions {
  /** The channel axis, the batch axis counted: from 1, or negative from the end. Default −1. */
  axis?: number
  /** The share of the old value that the running statistics keep at each step, from 0 to 1. Default 0.99. */
  momentum?: number
  /** Added to the variance. Default 1e-3. */
  epsilon?: number
  /** Whether beta, which starts at 0, is added. Default true. */
  center?: boolean
  /** Whether the result is multiplied by gamma, which starts at 1. Default true. */
  scale?: boolean
  /** Default zeros. */
  betaInitializer?: InitializerLike
  /** Default ones. */
  gammaInitializer?: InitializerLike
  /** Default zeros. */
  movingMeanInitializer?: InitializerLike
  /** Default ones. */
  movingVarianceInitializer?: InitializerLike
  /** The penalty on beta. Default none. */
  betaRegularizer?: RegularizerLike | null
  /** The penalty on gamma. Default none. */
  gammaRegularizer?: RegularizerLike | null
  /** What beta becomes after each update. Default itself. */
  betaConstraint?: ConstraintLike | null
  /** What gamma becomes after each update. Default itself. */
  gammaConstraint?: ConstraintLike | null
}

/**
 * Batch normalization (Ioffe & Szegedy 2015). In training each channel is normalized by the batch's mean and variance, and
 * the running ones follow; in inference, and when the layer is frozen (`trainable = false`), the running ones are used.
 * Weights, each [channels]: gamma, beta, movingMean, movingVariance.
 */
export class BatchNormalization extends Layer {
  static override readonly className = 'BatchNormalization'
  static override readonly options = {
    axis: 'optional',
    momentum: 'optional',
    epsilon: 'optional',
    center: 'optional',
    scale: 'optional',
    betaInitializer: 'optional',
    gammaInitializer: 'optional',
    movingMeanInitializer: 'optional',
    movingVarianceInitializer: 'optional',
    betaRegularizer: 'optional',
    gammaRegularizer: 'optional',
    betaConstraint: 'optional',
    gammaConstraint: 'optional',
  } satisfies OptionTable<BatchNormalizationOptions, LayerOptions>
  readonly axis: number
  readonly momentum: number
  readonly epsilon: number
  readonly center: boolean
  readonly scale: boolean
  private readonly recipes: Readonly<Record<keyof Parts, WeightRecipe>>
  private parts: Parts | null = null

  constructor(options: BatchNormalizationOptions = {}) {
    super(options)
    const { axis = -1, momentum = 0.99, epsilon = 1e-3, center = true, scale = true } = options
    if (!Number.isInteger(axis) || axis === 0)
      throw this.wrong(`axis must be a whole number other than 0, which is the batch axis; got ${show(axis)}`)
    this.axis = axis
    if (typeof momentum !== 'number' || !(momentum >= 0 && momentum <= 1))
      throw this.wrong(`momentum must lie in [0, 1], got ${show(momentum)}`)
    this.momentum = momentum
    if (!(this.checkFinite('epsilon', epsilon) >= 0)) throw this.wrong(`epsilon must not be negative, got ${epsilon}`)
    this.epsilon = epsilon
    this.center = this.checkFlag('center', center)
    this.scale = this.checkFlag('scale', scale)
    const { where } = this
    const { betaInitializer = 'zeros', betaRegularizer, betaConstraint } = options
    const { gammaInitializer = 'ones', gammaRegularizer, gammaConstraint } = options
    this.recipes = {
      gamma: weightRecipe(where, gammaInitializer, gammaRegularizer, gammaConstraint),
      beta: weightRecipe(where, betaInitializer, betaRegularizer, betaConstraint),
      movingMean: weightRecipe(where, options.movingMeanInitializer ?? 'zeros'),
      movingVariance: weightRecipe(where, options.movingVarianceInitializer ?? 'ones'),
    }
  }

  override build(inputShape: Shape): void {
    const shape = [inputShape[this.sampleAxis(inputShape)] as number]
    const constant = (value: number): Parameter => new Parameter(full(shape, value), { trainable: false })
    const weight = (name: keyof Parts, trainable = true): Parameter =>
      this.addWeight(name, shape, { ...this.recipes[name], trainable })
    this.parts = {
      gamma: this.scale ? weight('gamma') : constant(1),
      beta: this.center ? weight('beta') : constant(0),
      movingMean: weight('movingMean', false),
      movingVariance: weight('movingVariance', false),
    }
  }

  override call(x: Tensor, options: CallOptions = {}): Tensor {
    this.checkCallOptions(options)
    const { training = false } = options
    if (this.parts === null) throw this.notBuilt()
    const { gamma, beta, movingMean, movingVariance } = this.parts
    const axis = this.axis < 0 ? x.rank + this.axis : this.axis
    return onLastAxis(x, axis, (z) => {
      if (!training || !this.trainable)
        return batchNormalizationInference(z, movingMean, movingVariance, gamma, beta, this.epsilon)
      const [y, mean, variance] = normalize(z, gamma, beta, this.epsilon)
      assignMovingAverage(movingMean, mean, this.momentum)
      assignMovingAverage(movingVariance, variance, this.momentum)
      return y
    })
  }

  override computeOutputShape(inputShape: Shape): Shape {
    this.sampleAxis(inputShape)
    return inputShape
  }

  override getConfig(): Record<string, unknown> {
    const { axis, momentum, epsilon, center, scale } = this
    const recipes = Object.entries(this.recipes).map(([name, recipe]) => recipeConfig(this.where, name, recipe))
    return Object.assign({ ...super.getConfig(), axis, momentum, epsilon, center, scale }, ...recipes)
  }

  protected override checkInput(inputShape: Shape, builtShape: Shape): void {
    const [channels, built] = [inputShape, builtShape].map((shape) => shape[this.sampleAxis(shape)])
    if (channels === built && inputShape.length === builtShape.length) return
    throw this.misshapen(
      `was built for ${built} channels (inputs of ${formatShape(builtShape)}), got inputs of ${formatShape(inputShape)}`,
    )
  }

  /** The channel axis of one sample. */
  private sampleAxis(shape: Shape): number {
    this.sampleShape(shape)
    const axis = this.axis < 0 ? shape.length + this.axis : this.axis - 1
    if (axis >= 0 && axis < shape.length) return axis
    throw this.misshapen(
      `there is no axis ${this.axis} but the batch in inputs of ${formatShape(shape)} (without the batch axis)`,
    )
  }
}

/** The layer's weights, and constants in the place of a gamma or beta that it does not learn. */
interface Parts {
  gamma: Parameter
  beta: Parameter
  movingMean: Parameter
  movingVariance: Parameter
}

/** Batch normalization: each channel is brought to mean 0 and variance 1, then scaled and shifted as learned. */
export const batchNormalization = (options?: BatchNormalizationOptions): BatchNormalization =>
  new BatchNormalization(options)

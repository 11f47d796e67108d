import { isListOf } from '../../core/kinds.js'
import { show } from '../../core/show.js'
import { layerNormalization as normalize, reshape } from '../../ops/index.js'
import { full } from '../../tensor/creation.js'
import { Parameter } from '../../tensor/parameter.js'
import { formatShape, type Shape, sameShape } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import type { ConstraintLike, InitializerLike, RegularizerLike } from '../choices.js'
import type { LayerOptions } from '../layer.js'
import type { OptionTable } from '../options.js'
import { recipeConfig, type WeightRecipe, weightRecipe } from '../weight-recipe.js'
import { SameShapeLayer } from './same-shape-layer.js'

export interface LayerNormalizationOptions extends LayerOptions {
  /**
   * The axis that is normalized, the batch axis counted: from 1, or negative from the end; or the last few in their order, such as
   * [-2, -1], which are normalized together. Default −1.
   */
  axis?: number | readonly number[]
  /** Added to the variance, from 0. Default 1e-3. */
  epsilon?: number
  /** Whether beta is added. Default true. */
  center?: boolean
  /** Whether the result is multiplied by gamma. Default true. */
  scale?: boolean
  /** Default zeros. */
  betaInitializer?: InitializerLike
  /** Default ones. */
  gammaInitializer?: InitializerLike
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
 * Layer normalization (Ba et al. 2016): each sample's elements along an axis, or along the last few axes together, are brought to mean
 * 0 and variance 1, in training and inference alike, then multiplied by gamma and shifted by beta. Weights, each of the
 * shape of these axes: gamma, beta.
 */
export class LayerNormalization extends SameShapeLayer {
  static override readonly className = 'LayerNormalization'
  static override readonly options = {
    axis: 'optional',
    epsilon: 'optional',
    center: 'optional',
    scale: 'optional',
    betaInitializer: 'optional',
    gammaInitializer: 'optional',
    betaRegularizer: 'optional',
    gammaRegularizer: 'optional',
    betaConstraint: 'optional',
    gammaConstraint: 'optional',
  } satisfies OptionTable<LayerNormalizationOptions, LayerOptions>
  readonly axis: number | readonly number[]
  readonly epsilon: number
  readonly center: boolean
  readonly scale: boolean
  private readonly recipes: { readonly gamma: WeightRecipe; readonly beta: WeightRecipe }
  /** The weights, and constants in the place of those that are not learned. */
  private parts: { gamma: Parameter; beta: Parameter } | null = null

  constructor(options: LayerNormalizationOptions = {}) {
    super(options)
    const { axis = -1, epsilon = 1e-3, center = true, scale = true } = options
    const { betaInitializer = 'zeros', betaRegularizer, betaConstraint } = options
    const { gammaInitializer = 'ones', gammaRegularizer, gammaConstraint } = options
    const axes: readonly unknown[] = Array.isArray(axis) ? axis : [axis]
    if (axes.length === 0 || !isListOf(axes, (each) => Number.isInteger(each) && each !== 0))
      throw this.wrong(
        `axis must be a whole number other than 0, which is the batch axis, or a list of such numbers; got ${show(axis)}`,
      )
    this.axis = axis
    if (!(this.checkFinite('epsilon', epsilon) >= 0)) throw this.wrong(`epsilon must not be negative, got ${epsilon}`)
    this.epsilon = epsilon
    this.center = this.checkFlag('center', center)
    this.scale = this.checkFlag('scale', scale)
    this.recipes = {
      gamma: weightRecipe(this.where, gammaInitializer, gammaRegularizer, gammaConstraint),
      beta: weightRecipe(this.where, betaInitializer, betaRegularizer, betaConstraint),
    }
  }

  override build(inputShape: Shape): void {
    const shape = this.normalizedShape(inputShape)
    const constant = (value: number): Parameter => new Parameter(full(shape, value), { trainable: false })
    this.parts = {
      gamma: this.scale ? this.addWeight('gamma', shape, this.recipes.gamma) : constant(1),
      beta: this.center ? this.addWeight('beta', shape, this.recipes.beta) : constant(0),
    }
  }

  override call(x: Tensor): Tensor {
    if (this.parts === null) throw this.notBuilt()
    const { gamma, beta } = this.parts
    if (gamma.rank === 1) return normalize(x, gamma, beta, this.epsilon, this.axes[0])
    const rows = [...x.shape.slice(0, x.rank - gamma.rank), gamma.size]
    const flat = [gamma.size]
    return reshape(normalize(reshape(x, rows), reshape(gamma, flat), reshape(beta, flat), this.epsilon), x.shape)
  }

  override computeOutputShape(inputShape: Shape): Shape {
    this.normalizedShape(inputShape)
    return inputShape
  }

  override getConfig(): Record<string, unknown> {
    const { axis, epsilon, center, scale, where } = this
    const weights = {
      ...recipeConfig(where, 'beta', this.recipes.beta),
      ...recipeConfig(where, 'gamma', this.recipes.gamma),
    }
    return { ...super.getConfig(), axis, epsilon, center, scale, ...weights }
  }

  protected override checkInput(inputShape: Shape, builtShape: Shape): void {
    if (!sameShape(this.normalizedShape(inputShape), this.normalizedShape(builtShape)))
      this.expectShape(inputShape, builtShape)
  }

  private get axes(): readonly number[] {
    return typeof this.axis === 'number' ? [this.axis] : this.axis
  }

  /** The sizes of one sample's normalized axes. */
  private normalizedShape(shape: Shape): Shape {
    this.sampleShape(shape)
    const axes = this.axes.map((axis) => this.sampleAxis(axis, shape))
    const first = shape.length - axes.length
    if (axes.length > 1 && axes.some((axis, i) => axis !== first + i))
      throw this.misshapen(
        `several axes must be the last ones in their order, such as [-2, -1], got [${this.axes.join(', ')}] for inputs of ${formatShape(shape)} (without the batch axis); bring them there by transpose`,
      )
    return axes.map((axis) => shape[axis] as number)
  }

  /** An axis of one sample. */
  private sampleAxis(given: number, shape: Shape): number {
    const axis = given < 0 ? shape.length + given : given - 1
    if (axis >= 0 && axis < shape.length) return axis
    throw this.misshapen(
      `there is no axis ${given} but the batch in inputs of ${formatShape(shape)} (without the batch axis)`,
    )
  }
}

/** Layer normalization: each sample by itself, whatever the batch. */
export const layerNormalization = (options?: LayerNormalizationOptions): LayerNormalization =>
  new LayerNormalization(options)

import { tap, taps } from '../../autodiff/taps.js'
import { dense as denseOp, isDenseActivation } from '../../ops/index.js'
import type { Parameter } from '../../tensor/parameter.js'
import { formatShape, type Shape } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import type { ConstraintLike, InitializerLike } from '../choices.js'
import {
  type Activation,
  type ActivationLike,
  type ActivationName,
  activationName,
  activationRegistry,
  type RegularizerLike,
  regularizerRegistry,
} from '../choices.js'
import { Layer, type LayerOptions } from '../layer.js'
import type { OptionTable } from '../options.js'
import { activityPenalty } from '../penalties.js'
import type { Regularizer } from '../regularizers/regularizer.js'
import { activityConfig, recipeConfig, type WeightRecipe, weightRecipe } from '../weight-recipe.js'

export interface DenseOptions extends LayerOptions {
  /** The size of the output's last axis: a positive whole number. */
  units: number
  /** Default linear. */
  activation?: ActivationLike
  /** Default true. */
  useBias?: boolean
  /** Default glorotUniform. */
  kernelInitializer?: InitializerLike
  /** Default zeros. */
  biasInitializer?: InitializerLike
  /** The penalty on the kernel. Default none. */
  kernelRegularizer?: RegularizerLike | null
  /** The penalty on the bias. Default none. */
  biasRegularizer?: RegularizerLike | null
  /** The penalty on the layer's output, divided by the size of the batch, as Keras. Default none. */
  activityRegularizer?: RegularizerLike | null
  /** What the kernel becomes after each update. Default itself. */
  kernelConstraint?: ConstraintLike | null
  /** What the bias becomes after each update. Default itself. */
  biasConstraint?: ConstraintLike | null
}

/** activation(x·kernel + bias) on [batch, ..., features] → [batch, ..., units]. Weights: kernel [features, units], bias [units]. */
export class Dense extends Layer {
  static override readonly className = 'Dense'
  static override readonly options = {
    units: 'required',
    activation: 'optional',
    useBias: 'optional',
    kernelInitializer: 'optional',
    biasInitializer: 'optional',
    kernelRegularizer: 'optional',
    biasRegularizer: 'optional',
    activityRegularizer: 'optional',
    kernelConstraint: 'optional',
    biasConstraint: 'optional',
  } satisfies OptionTable<DenseOptions, LayerOptions>
  readonly units: number
  readonly activation: Activation
  readonly useBias: boolean
  private readonly kernelRecipe: WeightRecipe
  private readonly biasRecipe: WeightRecipe
  private readonly activityRegularizer: Regularizer | null
  private readonly activationName: ActivationName | null

  constructor(options: DenseOptions) {
    super(options)
    const { units, activation = 'linear', useBias = true } = options
    const { kernelInitializer = 'glorotUniform', kernelRegularizer, kernelConstraint } = options
    const { biasInitializer = 'zeros', biasRegularizer, biasConstraint } = options
    this.units = this.checkCount('units', units)
    this.activation = activationRegistry.get(activation, this.where)
    this.activationName = activationName(activation)
    this.useBias = this.checkFlag('useBias', useBias)
    this.kernelRecipe = weightRecipe(this.where, kernelInitializer, kernelRegularizer, kernelConstraint)
    this.biasRecipe = weightRecipe(this.where, biasInitializer, biasRegularizer, biasConstraint)
    this.activityRegularizer = regularizerRegistry.optional(options.activityRegularizer, this.where)
  }

  override build(inputShape: Shape): void {
    const { units } = this
    this.addWeight('kernel', [this.features(inputShape), units], this.kernelRecipe)
    if (this.useBias) this.addWeight('bias', [units], this.biasRecipe)
  }

  override call(x: Tensor): Tensor {
    const name = this.activationName
    // In one op, unless somebody looks at what lies between; the bits are the same.
    const y =
      name !== null && isDenseActivation(name) && taps.value === null
        ? denseOp(x, this.kernel, this.bias, name)
        : this.activation(this.linear(x))
    return this.penalized(y, () => y)
  }

  override callLinear(x: Tensor): Tensor {
    const z = this.linear(x)
    return this.penalized(z, () => this.activation(z))
  }

  override get finalActivation(): ActivationName | null {
    return this.activationName
  }

  override computeOutputShape(inputShape: Shape): Shape {
    this.features(inputShape)
    return [...inputShape.slice(0, -1), this.units]
  }

  override getConfig(): Record<string, unknown> {
    return {
      ...super.getConfig(),
      units: this.units,
      activation: activationRegistry.config(this.activation, this.where, 'activation'),
      useBias: this.useBias,
      ...recipeConfig(this.where, 'kernel', this.kernelRecipe),
      ...recipeConfig(this.where, 'bias', this.biasRecipe),
      ...activityConfig(this.where, this.activityRegularizer),
    }
  }

  protected override checkInput(inputShape: Shape, builtShape: Shape): void {
    if (inputShape.at(-1) === builtShape.at(-1)) return
    throw this.misshapen(
      `was built for ${builtShape.at(-1)} features (inputs of ${formatShape(builtShape)}), got inputs of ${formatShape(inputShape)}`,
    )
  }

  private linear(x: Tensor): Tensor {
    return tap('preActivation', denseOp(x, this.kernel, this.bias))
  }

  /** Adds the activity's penalty to the loss. */
  private penalized(result: Tensor, activity: () => Tensor): Tensor {
    const { activityRegularizer: regularizer } = this
    if (regularizer !== null) this.addLoss(() => activityPenalty(regularizer, activity(), this.where))
    return result
  }

  private features(inputShape: Shape): number {
    const features = this.sampleShape(inputShape).at(-1)
    if (features === undefined)
      throw this.misshapen(
        'needs inputs [batch, …, features], got [batch]; give the first layer inputShape: [1], or x an axis of features',
      )
    return features
  }

  private get kernel(): Parameter {
    const kernel = this.weights[0]
    if (kernel === undefined) throw this.notBuilt()
    return kernel
  }

  private get bias(): Parameter | null {
    return this.weights[1] ?? null
  }
}

/** A fully connected layer: activation(x·kernel + bias). */
export const dense = (options: DenseOptions): Dense => new Dense(options)

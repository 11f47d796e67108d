import { tap, taps } from '../../autodiff/taps.js'
import { checkFlag } from '../../core/check.js'
import { choice, optional, required, type Schema, type ValuesOf } from '../../core/schema.js'
import { dense as denseOp, isDenseActivation } from '../../ops/index.js'
import type { Parameter } from '../../tensor/parameter.js'
import { formatShape, type Shape } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import { activate, isArgumentWanted } from '../activations/activate.js'
import {
  type Activation,
  type ActivationLike,
  type ActivationName,
  activationName,
  activationRegistry,
} from '../choices.js'
import { Layer, type LayerOptions } from '../layer.js'
import { checkCount } from '../option-checks.js'
import { activityPenalty } from '../penalties.js'
import {
  type ActivityOptions,
  type BiasOptions,
  type KernelOptions,
  recipe,
  regularizerOption,
  weightSchema,
} from '../weight-options.js'

export interface DenseOptions extends LayerOptions, KernelOptions, BiasOptions, ActivityOptions {
  /** The size of the output's last axis: a positive whole number. */
  units: number
  /** Default linear. */
  activation?: ActivationLike
}

const schema = {
  units: required(checkCount),
  activation: choice<ActivationLike, Activation>(activationRegistry, 'linear'),
  useBias: optional(checkFlag, true),
  ...weightSchema('kernel', 'glorotUniform'),
  ...weightSchema('bias', 'zeros'),
  activityRegularizer: regularizerOption(),
} satisfies Schema<DenseOptions, LayerOptions>

/** activation(x·kernel + bias) on [batch, ..., features] → [batch, ..., units]. Weights: kernel [features, units], bias [units]. */
export class Dense extends Layer {
  static override readonly className = 'Dense'
  /** @internal */
  static override readonly schema = schema
  declare readonly options: ValuesOf<typeof schema, DenseOptions>
  private readonly activationName: ActivationName | null

  constructor(options: DenseOptions) {
    super(options)
    this.activationName = activationName(this.options.activation)
  }

  override build(inputShape: Shape): void {
    const { options } = this
    this.addWeight('kernel', [this.features(inputShape), options.units], recipe('kernel', options))
    if (options.useBias) this.addWeight('bias', [options.units], recipe('bias', options))
  }

  override call(x: Tensor): Tensor {
    const { kernel, bias, activationName: name } = this
    const { activation, activityRegularizer: regularizer } = this.options
    // In one op, unless somebody looks at what lies between; the bits are the same.
    const y =
      name !== null && isDenseActivation(name) && taps.value === null && !isArgumentWanted(name)
        ? denseOp(x, kernel, bias, name)
        : activate(name, activation, tap('preActivation', denseOp(x, kernel, bias)))
    if (regularizer !== null) this.addLoss(() => activityPenalty(regularizer, y, this.where))
    return y
  }

  override computeOutputShape(inputShape: Shape): Shape {
    this.features(inputShape)
    return [...inputShape.slice(0, -1), this.options.units]
  }

  protected override checkInput(inputShape: Shape, builtShape: Shape): void {
    if (inputShape.at(-1) === builtShape.at(-1)) return
    throw this.misshapen(
      `was built for ${builtShape.at(-1)} features (inputs of ${formatShape(builtShape)}), got inputs of ${formatShape(inputShape)}`,
    )
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

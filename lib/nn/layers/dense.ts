import { dense as denseOp, isDenseActivation } from '../../ops/index.js'
import { formatShape, type Shape } from '../../tensor/shape.js'
import type { Parameter, Tensor } from '../../tensor/tensor.js'
import {
  type Activation,
  type ActivationLike,
  type ActivationName,
  activationConfig,
  activationName,
  getActivation,
} from '../activations/get.js'
import { getInitializer, type InitializerLike, initializerConfig } from '../initializers/get.js'
import type { Initializer } from '../initializers/initializer.js'
import { Layer, type LayerOptions } from '../layer.js'
import type { OptionTable } from '../options.js'

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
  } satisfies OptionTable<DenseOptions, LayerOptions>
  readonly units: number
  readonly activation: Activation
  readonly useBias: boolean
  private readonly kernelInitializer: Initializer
  private readonly biasInitializer: Initializer
  private readonly activationName: ActivationName | null

  constructor(options: DenseOptions) {
    super(options)
    const { units, activation = 'linear', useBias = true } = options
    const { kernelInitializer = 'glorotUniform', biasInitializer = 'zeros' } = options
    this.units = this.checkCount('units', units)
    this.activation = getActivation(activation, this.where)
    this.activationName = activationName(activation)
    this.useBias = this.checkFlag('useBias', useBias)
    this.kernelInitializer = getInitializer(kernelInitializer, this.where)
    this.biasInitializer = getInitializer(biasInitializer, this.where)
  }

  override build(inputShape: Shape): void {
    const { units, kernelInitializer, biasInitializer } = this
    this.addWeight('kernel', [this.features(inputShape), units], { initializer: kernelInitializer })
    if (this.useBias) this.addWeight('bias', [units], { initializer: biasInitializer })
  }

  override call(x: Tensor): Tensor {
    const name = this.activationName
    if (name !== null && isDenseActivation(name)) return denseOp(x, this.kernel, this.bias, name)
    return this.activation(this.callLinear(x))
  }

  override callLinear(x: Tensor): Tensor {
    return denseOp(x, this.kernel, this.bias)
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
      activation: activationConfig(this.activation, this.where),
      useBias: this.useBias,
      kernelInitializer: initializerConfig(this.kernelInitializer, this.where),
      biasInitializer: initializerConfig(this.biasInitializer, this.where),
    }
  }

  protected override checkInput(inputShape: Shape, builtShape: Shape): void {
    if (inputShape.at(-1) === builtShape.at(-1)) return
    throw this.misshapen(
      `was built for ${builtShape.at(-1)} features (inputs of ${formatShape(builtShape)}), got inputs of ${formatShape(inputShape)}`,
    )
  }

  private features(inputShape: Shape): number {
    const features = inputShape.at(-1)
    if (features === undefined) throw this.misshapen('needs inputs [batch, …, features], got [batch]')
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

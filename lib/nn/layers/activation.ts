import type { Shape } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import {
  type Activation as ActivationFunction,
  type ActivationLike,
  type ActivationName,
  activationName,
  activationRegistry,
} from '../choices.js'
import { Layer, type LayerOptions } from '../layer.js'
import type { OptionTable } from '../options.js'

export interface ActivationOptions extends LayerOptions {
  activation: ActivationLike
}

/** An activation function as a layer. */
export class Activation extends Layer {
  static override readonly className = 'Activation'
  static override readonly options = { activation: 'required' } satisfies OptionTable<ActivationOptions, LayerOptions>
  readonly activation: ActivationFunction
  private readonly registered: ActivationName | null

  constructor(options: ActivationOptions) {
    super(options)
    this.activation = activationRegistry.get(options.activation, this.where)
    this.registered = activationName(this.activation)
  }

  override call(x: Tensor): Tensor {
    return this.activation(x)
  }

  override callLinear(x: Tensor): Tensor {
    return this.registered === null ? this.call(x) : x
  }

  override get finalActivation(): ActivationName | null {
    return this.registered
  }

  override computeOutputShape(inputShape: Shape): Shape {
    return this.sampleShape(inputShape)
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), activation: activationRegistry.config(this.activation, this.where, 'activation') }
  }
}

/** An activation function as a layer, so that another, such as batch normalization, can stand before it. */
export const activation = (options: ActivationOptions): Activation => new Activation(options)

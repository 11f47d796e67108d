import { required, type Schema, type ValuesOf } from '../../core/schema.js'
import type { Shape } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import { activate } from '../activations/activate.js'
import {
  type Activation as ActivationFunction,
  type ActivationLike,
  type ActivationName,
  activationName,
  activationRegistry,
} from '../choices.js'
import { Layer, type LayerOptions } from '../layer.js'

export interface ActivationOptions extends LayerOptions {
  activation: ActivationLike
}

const schema = {
  activation: required<ActivationLike, ActivationFunction>(
    (where, _, given) => activationRegistry.get(given, where),
    (activation, where, option) => activationRegistry.config(activation, where, option),
  ),
} satisfies Schema<ActivationOptions, LayerOptions>

/** An activation function as a layer. */
export class Activation extends Layer {
  static override readonly className = 'Activation'
  /** @internal */
  static override readonly schema = schema
  declare readonly options: ValuesOf<typeof schema, ActivationOptions>
  private readonly registered: ActivationName | null

  constructor(options: ActivationOptions) {
    super(options)
    this.registered = activationName(this.options.activation)
  }

  override call(x: Tensor): Tensor {
    return activate(this.registered, this.options.activation, x)
  }

  override computeOutputShape(inputShape: Shape): Shape {
    return this.sampleShape(inputShape)
  }
}

/** An activation function as a layer, so that another, such as batch normalization, can stand before it. */
export const activation = (options: ActivationOptions): Activation => new Activation(options)

import { optional, type Schema, type ValuesOf } from '../../core/schema.js'
import { softmax as softmaxOp } from '../../ops/index.js'
import { formatShape, type Shape } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import { activate } from '../activations/activate.js'
import type { LayerOptions } from '../layer.js'
import { checkSampleAxis } from '../option-checks.js'
import { SameShapeLayer } from './same-shape-layer.js'

export interface SoftmaxOptions extends LayerOptions {
  /** The axis along which the result adds up to 1, the batch axis counted: from 1, or negative from the end. Default −1. */
  axis?: number
}

const schema = { axis: optional(checkSampleAxis, -1) } satisfies Schema<SoftmaxOptions, LayerOptions>

/** eˣ divided by its sum along an axis. As a model's last layer it merges with the cross-entropy in training. */
export class Softmax extends SameShapeLayer {
  static override readonly className = 'Softmax'
  /** @internal */
  static override readonly schema = schema
  declare readonly options: ValuesOf<typeof schema, SoftmaxOptions>

  constructor(options: SoftmaxOptions = {}) {
    super(options)
  }

  override call(x: Tensor): Tensor {
    const { axis } = this.options
    const name = axis === -1 || axis === x.rank - 1 ? 'softmax' : null
    return activate(name, (argument) => softmaxOp(argument, axis), x)
  }

  override computeOutputShape(inputShape: Shape): Shape {
    const { axis } = this.options
    this.sampleShape(inputShape)
    if (axis > inputShape.length || axis < -inputShape.length)
      throw this.misshapen(
        `there is no axis ${axis} but the batch in inputs of ${formatShape(inputShape)} (without the batch axis)`,
      )
    return inputShape
  }
}

/** Softmax as a layer. */
export const softmax = (options?: SoftmaxOptions): Softmax => new Softmax(options)

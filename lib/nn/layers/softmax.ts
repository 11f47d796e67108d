import { show } from '../../core/show.js'
import { softmax as softmaxOp } from '../../ops/index.js'
import { formatShape, type Shape } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import type { ActivationName } from '../choices.js'
import type { LayerOptions } from '../layer.js'
import type { OptionTable } from '../options.js'
import { SameShapeLayer } from './same-shape-layer.js'

export interface SoftmaxOptions extends LayerOptions {
  /** The axis along which the result adds up to 1, the batch axis counted: from 1, or negative from the end. Default −1. */
  axis?: number
}

/** eˣ divided by its sum along an axis. As a model's last layer it merges with the cross-entropy in training. */
export class Softmax extends SameShapeLayer {
  static override readonly className = 'Softmax'
  static override readonly options = { axis: 'optional' } satisfies OptionTable<SoftmaxOptions, LayerOptions>
  readonly axis: number

  constructor(options: SoftmaxOptions = {}) {
    super(options)
    const { axis = -1 } = options
    if (!Number.isInteger(axis) || axis === 0)
      throw this.wrong(`axis must be a whole number other than 0, which is the batch axis; got ${show(axis)}`)
    this.axis = axis
  }

  override call(x: Tensor): Tensor {
    return softmaxOp(x, this.axis)
  }

  override callLinear(x: Tensor): Tensor {
    return this.finalActivation === null ? this.call(x) : x
  }

  /** Known to be the activation `softmax` where the axis is the last one. */
  override get finalActivation(): ActivationName | null {
    return this.axis === -1 || (this.built && this.axis === this.outputShape.length) ? 'softmax' : null
  }

  override computeOutputShape(inputShape: Shape): Shape {
    const { axis } = this
    this.sampleShape(inputShape)
    if (axis > inputShape.length || axis < -inputShape.length)
      throw this.misshapen(
        `there is no axis ${axis} but the batch in inputs of ${formatShape(inputShape)} (without the batch axis)`,
      )
    return inputShape
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), axis: this.axis }
  }
}

/** Softmax as a layer. */
export const softmax = (options?: SoftmaxOptions): Softmax => new Softmax(options)

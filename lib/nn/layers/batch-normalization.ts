import { optional, type Schema, type ValuesOf } from '../../core/schema.js'
import { assignMovingAverage, batchNormalizationInference, batchNormalization as normalize } from '../../ops/index.js'
import { onLastAxis } from '../../ops/movement.js'
import { full } from '../../tensor/creation.js'
import { Parameter } from '../../tensor/parameter.js'
import { formatShape, type Shape } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import type { InitializerLike } from '../choices.js'
import { type CallOptions, Layer, type LayerOptions } from '../layer.js'
import { checkNotNegative, checkPart, checkSampleAxis } from '../option-checks.js'
import { initializerOption, recipe, type ScaleShiftOptions, scaleShiftSchema } from '../weight-options.js'

export interface BatchNormalizationOptions extends LayerOptions, ScaleShiftOptions {
  /** The channel axis, the batch axis counted: from 1, or negative from the end. Default −1. */
  axis?: number
  /** The share of the old value that the running statistics keep at each step, from 0 to 1. Default 0.99. */
  momentum?: number
  /** Added to the variance, from 0. Default 1e-3. */
  epsilon?: number
  /** Default zeros. */
  movingMeanInitializer?: InitializerLike
  /** Default ones. */
  movingVarianceInitializer?: InitializerLike
}

const schema = {
  axis: optional(checkSampleAxis, -1),
  momentum: optional(checkPart, 0.99),
  epsilon: optional(checkNotNegative, 1e-3),
  ...scaleShiftSchema,
  movingMeanInitializer: initializerOption('zeros'),
  movingVarianceInitializer: initializerOption('ones'),
} satisfies Schema<BatchNormalizationOptions, LayerOptions>

/**
 * Batch normalization (Ioffe & Szegedy 2015). In training each channel is normalized by the batch's mean and variance, and
 * the running ones follow; in inference, and when the layer is frozen (`trainable = false`), the running ones are used.
 * Weights, each [channels]: gamma, beta, movingMean, movingVariance.
 */
export class BatchNormalization extends Layer {
  static override readonly className = 'BatchNormalization'
  /** @internal */
  static override readonly schema = schema
  declare readonly options: ValuesOf<typeof schema, BatchNormalizationOptions>
  private parts: Parts | null = null

  constructor(options: BatchNormalizationOptions = {}) {
    super(options)
  }

  override build(inputShape: Shape): void {
    const { options } = this
    const shape = [inputShape[this.sampleAxis(options.axis, inputShape)] as number]
    const constant = (value: number): Parameter => new Parameter(full(shape, value), { trainable: false })
    const statistic = (name: 'movingMean' | 'movingVariance'): Parameter =>
      this.addWeight(name, shape, { ...recipe(name, options), trainable: false })
    this.parts = {
      gamma: options.scale ? this.addWeight('gamma', shape, recipe('gamma', options)) : constant(1),
      beta: options.center ? this.addWeight('beta', shape, recipe('beta', options)) : constant(0),
      movingMean: statistic('movingMean'),
      movingVariance: statistic('movingVariance'),
    }
  }

  override call(x: Tensor, options: CallOptions = {}): Tensor {
    this.checkCallOptions(options)
    const { training = false } = options
    if (this.parts === null) throw this.notBuilt()
    const { gamma, beta, movingMean, movingVariance } = this.parts
    const axis = this.options.axis < 0 ? x.rank + this.options.axis : this.options.axis
    return onLastAxis(x, axis, (z) => {
      if (!training || !this.trainable)
        return batchNormalizationInference(z, movingMean, movingVariance, gamma, beta, this.options.epsilon)
      const [y, mean, variance] = normalize(z, gamma, beta, this.options.epsilon)
      assignMovingAverage(movingMean, mean, this.options.momentum)
      assignMovingAverage(movingVariance, variance, this.options.momentum)
      return y
    })
  }

  override computeOutputShape(inputShape: Shape): Shape {
    this.sampleAxis(this.options.axis, inputShape)
    return inputShape
  }

  protected override checkInput(inputShape: Shape, builtShape: Shape): void {
    const [channels, built] = [inputShape, builtShape].map((shape) => shape[this.sampleAxis(this.options.axis, shape)])
    if (channels === built && inputShape.length === builtShape.length) return
    throw this.misshapen(
      `was built for ${built} channels (inputs of ${formatShape(builtShape)}), got inputs of ${formatShape(inputShape)}`,
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

import { wrong } from '../../core/check.js'
import { isListOf } from '../../core/kinds.js'
import { optional, type Schema, type ValuesOf } from '../../core/schema.js'
import { show } from '../../core/show.js'
import { layerNormalization as normalize, reshape } from '../../ops/index.js'
import { full } from '../../tensor/creation.js'
import { Parameter } from '../../tensor/parameter.js'
import { formatShape, type Shape, sameShape } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import type { LayerOptions } from '../layer.js'
import { checkNotNegative } from '../option-checks.js'
import { recipe, type ScaleShiftOptions, scaleShiftSchema } from '../weight-options.js'
import { SameShapeLayer } from './same-shape-layer.js'

export interface LayerNormalizationOptions extends LayerOptions, ScaleShiftOptions {
  /**
   * The axis that is normalized, the batch axis counted: from 1, or negative from the end; or the last few in their order, such as
   * [-2, -1], which are normalized together. Default −1.
   */
  axis?: number | readonly number[]
  /** Added to the variance, from 0. Default 1e-3. */
  epsilon?: number
}

function checkAxes(where: string, option: string, given: number | readonly number[]): number | readonly number[] {
  const axes: readonly unknown[] = Array.isArray(given) ? given : [given]
  if (axes.length > 0 && isListOf(axes, (axis) => Number.isInteger(axis) && axis !== 0)) return given
  throw wrong(
    where,
    `${option} must be a whole number other than 0, which is the batch axis, or a list of such numbers; got ${show(given)}`,
  )
}

const schema = {
  axis: optional(checkAxes, -1),
  epsilon: optional(checkNotNegative, 1e-3),
  ...scaleShiftSchema,
} satisfies Schema<LayerNormalizationOptions, LayerOptions>

/**
 * Layer normalization (Ba et al. 2016): each sample's elements along an axis, or along the last few axes together, are brought to mean
 * 0 and variance 1, in training and inference alike, then multiplied by gamma and shifted by beta. Weights, each of the
 * shape of these axes: gamma, beta.
 */
export class LayerNormalization extends SameShapeLayer {
  static override readonly className = 'LayerNormalization'
  /** @internal */
  static override readonly schema = schema
  declare readonly options: ValuesOf<typeof schema, LayerNormalizationOptions>
  /** The weights, and constants in the place of those that are not learned. */
  private parts: { gamma: Parameter; beta: Parameter } | null = null

  constructor(options: LayerNormalizationOptions = {}) {
    super(options)
  }

  override build(inputShape: Shape): void {
    const { options } = this
    const shape = this.normalizedShape(inputShape)
    const constant = (value: number): Parameter => new Parameter(full(shape, value), { trainable: false })
    this.parts = {
      gamma: options.scale ? this.addWeight('gamma', shape, recipe('gamma', options)) : constant(1),
      beta: options.center ? this.addWeight('beta', shape, recipe('beta', options)) : constant(0),
    }
  }

  override call(x: Tensor): Tensor {
    if (this.parts === null) throw this.notBuilt()
    const { gamma, beta } = this.parts
    if (gamma.rank === 1) return normalize(x, gamma, beta, this.options.epsilon, this.axes[0])
    const rows = [...x.shape.slice(0, x.rank - gamma.rank), gamma.size]
    const flat = [gamma.size]
    return reshape(
      normalize(reshape(x, rows), reshape(gamma, flat), reshape(beta, flat), this.options.epsilon),
      x.shape,
    )
  }

  override computeOutputShape(inputShape: Shape): Shape {
    this.normalizedShape(inputShape)
    return inputShape
  }

  protected override checkInput(inputShape: Shape, builtShape: Shape): void {
    if (!sameShape(this.normalizedShape(inputShape), this.normalizedShape(builtShape)))
      this.expectShape(inputShape, builtShape)
  }

  private get axes(): readonly number[] {
    const { axis } = this.options
    return typeof axis === 'number' ? [axis] : axis
  }

  /** The sizes of one sample's normalized axes. */
  private normalizedShape(shape: Shape): Shape {
    this.sampleShape(shape)
    const axes = this.axes.map((axis) => this.sampleAxis(axis, shape))
    const first = shape.length - axes.length
    if (axes.length > 1 && axes.some((axis, i) => axis !== first + i))
      throw this.misshapen(
        `several axes must be the last ones in their order, such as [-2, -1], got ${formatShape(this.axes)} for inputs of ${formatShape(shape)} (without the batch axis); bring them there by transpose`,
      )
    return axes.map((axis) => shape[axis] as number)
  }
}

/** Layer normalization: each sample by itself, whatever the batch. */
export const layerNormalization = (options?: LayerNormalizationOptions): LayerNormalization =>
  new LayerNormalization(options)

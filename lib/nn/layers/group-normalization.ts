import { optional, type Schema, type ValuesOf } from '../../core/schema.js'
import { add, layerNormalization, mul, reshape, transpose } from '../../ops/index.js'
import { onLastAxis } from '../../ops/movement.js'
import { ones, zeros } from '../../tensor/creation.js'
import { type Shape, sizeOf } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import type { LayerOptions } from '../layer.js'
import { checkCount, checkNotNegative, checkSampleAxis } from '../option-checks.js'
import { recipe, type ScaleShiftOptions, scaleShiftSchema } from '../weight-options.js'
import { SameShapeLayer } from './same-shape-layer.js'

export interface GroupNormalizationOptions extends LayerOptions, ScaleShiftOptions {
  /** Into how many groups the channels fall; must divide their number. −1: one a channel (instance normalization). Default 32. */
  groups?: number
  /** The channel axis, the batch axis counted: from 1, or negative from the end. Default −1. */
  axis?: number
  /** Added to the variance, from 0. Default 1e-3. */
  epsilon?: number
}

const schema = {
  groups: optional((where, option, given: number) => (given === -1 ? -1 : checkCount(where, option, given)), 32),
  axis: optional(checkSampleAxis, -1),
  epsilon: optional(checkNotNegative, 1e-3),
  ...scaleShiftSchema,
} satisfies Schema<GroupNormalizationOptions, LayerOptions>

/**
 * Group normalization (Wu & He 2018): in each sample each group of neighbouring channels is brought to mean 0 and variance 1 over all
 * positions, in training and inference alike; then channels are multiplied by gamma and shifted by beta. Weights, [channels]: gamma, beta.
 */
export class GroupNormalization extends SameShapeLayer {
  static override readonly className = 'GroupNormalization'
  /** @internal */
  static override readonly schema = schema
  declare readonly options: ValuesOf<typeof schema, GroupNormalizationOptions>
  private parts: { gamma: Tensor | null; beta: Tensor | null } | null = null

  constructor(options: GroupNormalizationOptions = {}) {
    super(options)
  }

  override build(inputShape: Shape): void {
    const { groups, axis, scale, center } = this.options
    const channels = inputShape[this.sampleAxis(axis, inputShape)] as number
    if (groups !== -1 && channels % groups !== 0)
      throw this.misshapen(`${channels} channels do not fall into ${groups} groups of one size`)
    const gamma = scale ? this.addWeight('gamma', [channels], recipe('gamma', this.options)) : null
    this.parts = { gamma, beta: center ? this.addWeight('beta', [channels], recipe('beta', this.options)) : null }
  }

  override call(x: Tensor): Tensor {
    if (this.parts === null) throw this.notBuilt()
    const { gamma, beta } = this.parts
    return onLastAxis(x, this.sampleAxis(this.options.axis, x.shape.slice(1)) + 1, (z) => {
      const [batch, channels] = [z.shape[0] as number, z.shape.at(-1) as number]
      const groups = this.options.groups === -1 ? channels : this.options.groups
      const [all, size] = [sizeOf(z.shape.slice(1)) / groups, channels / groups]
      const together = transpose(reshape(z, [batch, all / size, groups, size]), [0, 2, 1, 3])
      const rows = reshape(together, [batch, groups, all])
      const unit = layerNormalization(rows, ones([all]), zeros([all]), this.options.epsilon)
      const y = reshape(transpose(reshape(unit, together.shape), [0, 2, 1, 3]), z.shape)
      return add(mul(y, gamma ?? 1), beta ?? 0)
    })
  }
}

/** Group normalization: each sample by itself, whatever the batch. */
export const groupNormalization = (options?: GroupNormalizationOptions) => new GroupNormalization(options)

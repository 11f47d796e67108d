import { checkFlag, checkShare } from '../../core/check.js'
import { from, optional, type Schema, type ValuesOf } from '../../core/schema.js'
import { Optimizer } from '../optimizer.js'
import { type OptimizerOptions, optimizerSchema } from '../optimizer-options.js'
import type { ScheduleLike } from '../schedules/choices.js'

export interface RmspropOptions extends OptimizerOptions {
  /** Default 0.001. */
  learningRate?: number | ScheduleLike
  /** The share of the moving average of squared gradients that each step keeps, in [0, 1). Default 0.9. */
  rho?: number
  /** The share of the last change that is made again, in [0, 1). Default 0: off, under every schedule. */
  momentum?: number
  /** Added under the root. Default 1e-7. */
  epsilon?: number
  /** Whether the gradient's moving mean is subtracted, so that its variance is what divides. Default false. */
  centered?: boolean
}

const schema = {
  ...optimizerSchema(0.001),
  rho: optional(checkShare, 0.9),
  momentum: optional(checkShare, 0),
  epsilon: optional(from(0), 1e-7),
  centered: optional(checkFlag, false),
} satisfies Schema<RmspropOptions>

/** v ← ρ·v + (1 − ρ)·g²; w −= η·g/√(v + ε) (Tieleman & Hinton 2012), as Keras has it with momentum and centred. */
export class Rmsprop extends Optimizer {
  /** @internal */
  static override readonly schema = schema
  declare readonly options: ValuesOf<typeof schema, RmspropOptions>

  constructor(options: RmspropOptions = {}) {
    super('rmsprop', options)
  }

  protected override readonly rule = 'rmsprop'

  protected override get slotNames(): readonly string[] {
    const { momentum, centered } = this.options
    return ['velocity', ...(momentum === 0 ? [] : ['momentum']), ...(centered ? ['average'] : [])]
  }

  protected override numbers(learningRate: number, step: number): readonly number[] {
    const { rho, epsilon, momentum, centered } = this.options
    const kind = Number(momentum > 0) + 2 * Number(centered)
    return [learningRate, rho, epsilon, momentum > 0 ? this.momentumAt(step, momentum) : 0, kind]
  }
}

/** RMSprop: the step is divided by a moving average of the gradient's size. */
export const rmsprop = (options?: RmspropOptions): Rmsprop => new Rmsprop(options)

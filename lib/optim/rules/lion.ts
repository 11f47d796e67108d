import { checkShare, wrong } from '../../core/check.js'
import { optional, type Schema, type ValuesOf } from '../../core/schema.js'
import { show } from '../../core/show.js'
import { Optimizer } from '../optimizer.js'
import { type OptimizerOptions, optimizerSchema } from '../optimizer-options.js'
import type { ScheduleLike } from '../schedules/choices.js'

export interface LionOptions extends OptimizerOptions {
  /** Default 0.001. */
  learningRate?: number | ScheduleLike
  /** The share of the moving average in the step's direction, in (0, 1]. Default 0.9. */
  beta1?: number
  /** The share of the moving average that each step keeps, in [0, 1). Default 0.99. */
  beta2?: number
}

const schema = {
  ...optimizerSchema(0.001),
  beta1: optional(checkPositiveShare, 0.9),
  beta2: optional(checkShare, 0.99),
} satisfies Schema<LionOptions>

function checkPositiveShare(where: string, option: string, given: number): number {
  if (typeof given === 'number' && given > 0 && given <= 1) return given
  throw wrong(where, `${option} must lie in (0, 1], got ${show(given)}`)
}

/** w −= η·sign(β₁·m + (1 − β₁)·g); m ← β₂·m + (1 − β₂)·g (Chen et al. 2023), as Keras has it. */
export class Lion extends Optimizer {
  /** @internal */
  static override readonly schema = schema
  declare readonly options: ValuesOf<typeof schema, LionOptions>

  constructor(options: LionOptions = {}) {
    super('lion', options)
  }

  protected override readonly rule = 'lion'

  protected override get slotNames(): readonly string[] {
    return ['momentum']
  }

  protected override numbers(learningRate: number): readonly number[] {
    const { beta1, beta2 } = this.options
    return [learningRate, beta1, beta2]
  }
}

/** Lion: every weight moves by η, in the direction of a mean of gradient and momentum. */
export const lion = (options?: LionOptions): Lion => new Lion(options)

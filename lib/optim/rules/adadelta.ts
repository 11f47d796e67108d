import { checkShare } from '../../core/check.js'
import { from, optional, type Schema, type ValuesOf } from '../../core/schema.js'
import { Optimizer } from '../optimizer.js'
import { type OptimizerOptions, optimizerSchema } from '../optimizer-options.js'
import type { ScheduleLike } from '../schedules/choices.js'

export interface AdadeltaOptions extends OptimizerOptions {
  /** Default 0.001, as Keras; 1 is what the paper has. */
  learningRate?: number | ScheduleLike
  /** The share of the moving averages that each step keeps, in [0, 1). Default 0.95. */
  rho?: number
  /** Added under the roots. Default 1e-7. */
  epsilon?: number
}

const schema = {
  ...optimizerSchema(0.001),
  rho: optional(checkShare, 0.95),
  epsilon: optional(from(0), 1e-7),
} satisfies Schema<AdadeltaOptions>

/** a ← ρ·a + (1 − ρ)·g²; δ = g·√(d + ε)/√(a + ε); d ← ρ·d + (1 − ρ)·δ²; w −= η·δ (Zeiler 2012), as Keras has it. */
export class Adadelta extends Optimizer {
  /** @internal */
  static override readonly schema = schema
  declare readonly options: ValuesOf<typeof schema, AdadeltaOptions>

  constructor(options: AdadeltaOptions = {}) {
    super('adadelta', options)
  }

  protected override readonly rule = 'adadelta'

  protected override get slotNames(): readonly string[] {
    return ['averageSquare', 'averageSquaredChange']
  }

  protected override numbers(learningRate: number): readonly number[] {
    const { rho, epsilon } = this.options
    return [learningRate, rho, epsilon]
  }
}

/** Adadelta: steps as large as those of late, in the units of the weights. */
export const adadelta = (options?: AdadeltaOptions): Adadelta => new Adadelta(options)

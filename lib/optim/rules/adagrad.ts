import { from, optional, type Schema, type ValuesOf } from '../../core/schema.js'
import { Optimizer } from '../optimizer.js'
import { type OptimizerOptions, optimizerSchema } from '../optimizer-options.js'
import type { ScheduleLike } from '../schedules/choices.js'

export interface AdagradOptions extends OptimizerOptions {
  /** Default 0.001. */
  learningRate?: number | ScheduleLike
  /** The first value of the sum of squared gradients, from 0. Default 0.1. */
  initialAccumulatorValue?: number
  /** Added under the root. Default 1e-7. */
  epsilon?: number
}

const schema = {
  ...optimizerSchema(0.001),
  initialAccumulatorValue: optional(from(0), 0.1),
  epsilon: optional(from(0), 1e-7),
} satisfies Schema<AdagradOptions>

/** a ← a + g²; w −= η·g/√(a + ε) (Duchi et al. 2011), as Keras has it. */
export class Adagrad extends Optimizer {
  /** @internal */
  static override readonly schema = schema
  declare readonly options: ValuesOf<typeof schema, AdagradOptions>

  constructor(options: AdagradOptions = {}) {
    super('adagrad', options)
  }

  protected override readonly rule = 'adagrad'

  protected override get slotNames(): readonly string[] {
    return ['accumulatedSquares']
  }

  protected override initial(): number {
    return this.options.initialAccumulatorValue
  }

  protected override numbers(learningRate: number): readonly number[] {
    return [learningRate, this.options.epsilon]
  }
}

/** AdaGrad: the step is divided by the size of all gradients so far. */
export const adagrad = (options?: AdagradOptions): Adagrad => new Adagrad(options)

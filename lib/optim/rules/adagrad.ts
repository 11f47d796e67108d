import { checkRange } from '../../core/check.js'
import { checkOptions } from '../../core/names.js'
import { Optimizer, type OptimizerOptions, optimizerOptions } from '../optimizer.js'
import type { ScheduleLike } from '../schedules/choices.js'

export interface AdagradOptions extends OptimizerOptions {
  /** Default 0.001. */
  learningRate?: number | ScheduleLike
  /** The first value of the sum of squared gradients, from 0. Default 0.1. */
  initialAccumulatorValue?: number
  /** Added under the root. Default 1e-7. */
  epsilon?: number
}

/** a ← a + g²; w −= η·g/√(a + ε) (Duchi et al. 2011), as Keras has it. */
export class Adagrad extends Optimizer {
  readonly initialAccumulatorValue: number
  readonly epsilon: number

  constructor(options: AdagradOptions = {}) {
    super('adagrad', options, 0.001)
    const { initialAccumulatorValue = 0.1, epsilon = 1e-7 } = options
    this.initialAccumulatorValue = checkRange('adagrad', 'initialAccumulatorValue', initialAccumulatorValue, 0)
    this.epsilon = checkRange('adagrad', 'epsilon', epsilon, 0)
  }

  protected override readonly rule = 'adagrad'

  protected override get slotNames(): readonly string[] {
    return ['accumulatedSquares']
  }

  protected override initial(): number {
    return this.initialAccumulatorValue
  }

  protected override numbers(learningRate: number): readonly number[] {
    return [learningRate, this.epsilon]
  }

  override getConfig(): Record<string, unknown> {
    const { initialAccumulatorValue, epsilon } = this
    return { ...super.getConfig(), initialAccumulatorValue, epsilon }
  }
}

/** AdaGrad: the step is divided by the size of all gradients so far. */
export function adagrad(options: AdagradOptions = {}): Adagrad {
  checkOptions(options, [...optimizerOptions, 'initialAccumulatorValue', 'epsilon'], 'adagrad', 'learningRate')
  return new Adagrad(options)
}

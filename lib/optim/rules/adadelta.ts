import { checkRange, checkShare } from '../../core/check.js'
import { checkOptions } from '../../core/names.js'
import { Optimizer, type OptimizerOptions, optimizerOptions } from '../optimizer.js'
import type { ScheduleLike } from '../schedules/choices.js'

export interface AdadeltaOptions extends OptimizerOptions {
  /** Default 0.001, as Keras; 1 is what the paper has. */
  learningRate?: number | ScheduleLike
  /** The share of the moving averages that each step keeps, in [0, 1). Default 0.95. */
  rho?: number
  /** Added under the roots. Default 1e-7. */
  epsilon?: number
}

/** a ← ρ·a + (1 − ρ)·g²; δ = g·√(d + ε)/√(a + ε); d ← ρ·d + (1 − ρ)·δ²; w −= η·δ (Zeiler 2012), as Keras has it. */
export class Adadelta extends Optimizer {
  readonly rho: number
  readonly epsilon: number

  constructor(options: AdadeltaOptions = {}) {
    super('adadelta', options, 0.001)
    const { rho = 0.95, epsilon = 1e-7 } = options
    this.rho = checkShare('adadelta', 'rho', rho)
    this.epsilon = checkRange('adadelta', 'epsilon', epsilon, 0)
  }

  protected override readonly rule = 'adadelta'

  protected override get slotNames(): readonly string[] {
    return ['averageSquare', 'averageSquaredChange']
  }

  protected override numbers(learningRate: number): readonly number[] {
    return [learningRate, this.rho, this.epsilon]
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), rho: this.rho, epsilon: this.epsilon }
  }
}

/** Adadelta: steps as large as those of late, in the units of the weights. */
export function adadelta(options: AdadeltaOptions = {}): Adadelta {
  checkOptions(options, [...optimizerOptions, 'rho', 'epsilon'], 'adadelta', 'learningRate')
  return new Adadelta(options)
}

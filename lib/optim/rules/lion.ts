import { checkShare, wrong } from '../../core/check.js'
import { checkOptions } from '../../core/names.js'
import { show } from '../../core/show.js'
import { Optimizer, type OptimizerOptions, optimizerOptions } from '../optimizer.js'
import type { ScheduleLike } from '../schedules/choices.js'

export interface LionOptions extends OptimizerOptions {
  /** Default 0.001. */
  learningRate?: number | ScheduleLike
  /** The share of the moving average in the step's direction, in (0, 1]. Default 0.9. */
  beta1?: number
  /** The share of the moving average that each step keeps, in [0, 1). Default 0.99. */
  beta2?: number
}

/** w −= η·sign(β₁·m + (1 − β₁)·g); m ← β₂·m + (1 − β₂)·g (Chen et al. 2023), as Keras has it. */
export class Lion extends Optimizer {
  readonly beta1: number
  readonly beta2: number

  constructor(options: LionOptions = {}) {
    super('lion', options, 0.001)
    const { beta1 = 0.9, beta2 = 0.99 } = options
    if (typeof beta1 !== 'number' || !(beta1 > 0 && beta1 <= 1))
      throw wrong('lion', `beta1 must lie in (0, 1], got ${show(beta1)}`)
    this.beta1 = beta1
    this.beta2 = checkShare('lion', 'beta2', beta2)
  }

  protected override readonly rule = 'lion'

  protected override get slotNames(): readonly string[] {
    return ['momentum']
  }

  protected override numbers(learningRate: number): readonly number[] {
    return [learningRate, this.beta1, this.beta2]
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), beta1: this.beta1, beta2: this.beta2 }
  }
}

/** Lion: every weight moves by η, in the direction of a mean of gradient and momentum. */
export function lion(options: LionOptions = {}): Lion {
  checkOptions(options, [...optimizerOptions, 'beta1', 'beta2'], 'lion', 'learningRate')
  return new Lion(options)
}

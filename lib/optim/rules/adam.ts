import { checkFlag, checkRange, checkShare } from '../../core/check.js'
import { checkOptions } from '../../core/names.js'
import { Optimizer, type OptimizerOptions, optimizerOptions } from '../optimizer.js'
import type { ScheduleLike } from '../schedules/choices.js'

/** Options of the optimizers with two moments. */
export interface MomentsOptions extends OptimizerOptions {
  /** Default 0.001. */
  learningRate?: number | ScheduleLike
  /** The share of the gradient's moving average that each step keeps, in [0, 1). Default 0.9; a schedule with momentum takes its place. */
  beta1?: number
  /** The same for the gradient's size. Default 0.999. */
  beta2?: number
  /** Added to the root. Default 1e-7. */
  epsilon?: number
}

export const momentsOptions = [...optimizerOptions, 'beta1', 'beta2', 'epsilon'] as const

/** An optimizer with moving averages of the gradient and of its size: β₁, β₂, ε. */
export abstract class MomentsOptimizer extends Optimizer {
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number

  constructor(name: string, options: MomentsOptions) {
    super(name, options, 0.001)
    const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7 } = options
    this.beta1 = checkShare(name, 'beta1', beta1)
    this.beta2 = checkShare(name, 'beta2', beta2)
    this.epsilon = checkRange(name, 'epsilon', epsilon, 0)
  }

  protected override get slotNames(): readonly string[] {
    return ['momentum', 'velocity']
  }

  // The averages' corrections depend on the step.
  protected override get isSteady(): boolean {
    return false
  }

  override getConfig(): Record<string, unknown> {
    const { beta1, beta2, epsilon } = this
    return { ...super.getConfig(), beta1, beta2, epsilon }
  }
}

export interface AdamOptions extends MomentsOptions {
  /** Whether the largest average of squared gradients so far divides, instead of the last. Default false. */
  amsgrad?: boolean
}

export const adamOptions = [...momentsOptions, 'amsgrad'] as const satisfies (keyof AdamOptions)[]

/**
 * m ← m + (1 − β₁)(g − m), v ← v + (1 − β₂)(g² − v); w −= η·√(1 − β₂ᵗ)/(1 − β₁ᵗ) · m/(√v + ε) (Kingma & Ba 2015; AMSGrad: Reddi et
 * al. 2018), as Keras has it.
 */
export class Adam extends MomentsOptimizer {
  readonly amsgrad: boolean

  constructor(options: AdamOptions = {}, name = 'adam') {
    super(name, options)
    this.amsgrad = checkFlag(name, 'amsgrad', options.amsgrad ?? false)
  }

  protected override readonly rule = 'adam'

  protected override get slotNames(): readonly string[] {
    return [...super.slotNames, ...(this.amsgrad ? ['velocityHat'] : [])]
  }

  protected override numbers(learningRate: number, step: number): readonly number[] {
    const { beta2, epsilon, amsgrad } = this
    const beta1 = this.momentumAt(step, this.beta1)
    const t = step + 1
    const stepSize = (learningRate * Math.sqrt(1 - beta2 ** t)) / (1 - beta1 ** t)
    return [stepSize, beta1, beta2, epsilon, Number(amsgrad)]
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), amsgrad: this.amsgrad }
  }
}

/** Adam: momentum, and a step that is divided by the gradient's size, both corrected for starting at 0. */
export function adam(options: AdamOptions = {}): Adam {
  checkOptions(options, adamOptions, 'adam', 'learningRate')
  return new Adam(options)
}

import { checkFlag, checkShare } from '../../core/check.js'
import { from, optional, type Schema, type ValuesOf } from '../../core/schema.js'
import { Optimizer } from '../optimizer.js'
import { type OptimizerOptions, optimizerSchema } from '../optimizer-options.js'
import type { ScheduleLike } from '../schedules/choices.js'

/** Options of the optimizers with two moments. */
export interface MomentsOptions extends OptimizerOptions {
  /** Default 0.001. */
  learningRate?: number | ScheduleLike
  /** The share of the gradient's moving average that each step keeps, in [0, 1). Default 0.9; a schedule with momentum takes its place. */
  beta1?: number
  /** The share that the moving average of the squared gradient keeps, in [0, 1). Default 0.999. */
  beta2?: number
  /** Added to the root. Default 1e-7. */
  epsilon?: number
}

const momentsSchema = {
  ...optimizerSchema(0.001),
  beta1: optional(checkShare, 0.9),
  beta2: optional(checkShare, 0.999),
  epsilon: optional(from(0), 1e-7),
} satisfies Schema<MomentsOptions>

/** An optimizer with moving averages of the gradient and of its size: β₁, β₂, ε. */
export abstract class MomentsOptimizer extends Optimizer {
  /** @internal */
  static override readonly schema = momentsSchema
  declare readonly options: ValuesOf<typeof momentsSchema, MomentsOptions>

  protected override get slotNames(): readonly string[] {
    return ['momentum', 'velocity']
  }

  // The averages' corrections depend on the step.
  protected override get isSteady(): boolean {
    return false
  }
}

export interface AdamOptions extends MomentsOptions {
  /** Whether the largest average of squared gradients so far divides, instead of the last. Default false. */
  amsgrad?: boolean
}

export const adamSchema = { ...momentsSchema, amsgrad: optional(checkFlag, false) } satisfies Schema<AdamOptions>

/**
 * m ← m + (1 − β₁)(g − m), v ← v + (1 − β₂)(g² − v); w −= η·√(1 − β₂ᵗ)/(1 − β₁ᵗ) · m/(√v + ε) (Kingma & Ba 2015; AMSGrad: Reddi et
 * al. 2018), as Keras has it.
 */
export class Adam extends MomentsOptimizer {
  /** @internal */
  static override readonly schema = adamSchema
  declare readonly options: ValuesOf<typeof adamSchema, AdamOptions>

  constructor(options: AdamOptions = {}, name = 'adam') {
    super(name, options)
  }

  protected override readonly rule = 'adam'

  protected override get slotNames(): readonly string[] {
    return [...super.slotNames, ...(this.options.amsgrad ? ['velocityHat'] : [])]
  }

  protected override numbers(learningRate: number, step: number): readonly number[] {
    const { beta2, epsilon, amsgrad } = this.options
    const beta1 = this.momentumAt(step, this.options.beta1)
    const t = step + 1
    const stepSize = (learningRate * Math.sqrt(1 - beta2 ** t)) / (1 - beta1 ** t)
    return [stepSize, beta1, beta2, epsilon, Number(amsgrad)]
  }
}

/** Adam: momentum, and a step that is divided by the gradient's size, both corrected for starting at 0. */
export const adam = (options?: AdamOptions): Adam => new Adam(options)

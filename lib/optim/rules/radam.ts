import { MomentsOptimizer, type MomentsOptions } from './adam.js'

export type RadamOptions = MomentsOptions

/** The least length of the average of squares, in steps, whose variance is finite. */
const leastLength = 5

/**
 * Adam without a divisor until there are enough squares to average: m and v as adam; ρ∞ = 2/(1 − β₂) − 1, ρ_t = ρ∞ − 2t·β₂ᵗ/(1 − β₂ᵗ);
 * w −= η·m/(1 − β₁ᵗ) where ρ_t ≤ 5, after that η·r_t·√(1 − β₂ᵗ)/(1 − β₁ᵗ) · m/(√v + ε) with r_t = √((ρ_t − 4)(ρ_t − 2)ρ∞ / ((ρ∞ − 4)(ρ∞ −
 * 2)ρ_t)) (Liu et al. 2020), as PyTorch has it.
 */
export class Radam extends MomentsOptimizer {
  constructor(options: RadamOptions = {}) {
    super('radam', options)
  }

  protected override readonly rule = 'nadam'

  // Nadam's rule, without what it adds of the gradient, and at first with the divisor √0 + 1.
  protected override numbers(learningRate: number, step: number): readonly number[] {
    const { beta2, epsilon } = this.options
    const beta1 = this.momentumAt(step, this.options.beta1)
    const t = step + 1
    const rest = 1 - beta2 ** t
    const stepSize = learningRate / (1 - beta1 ** t)
    const most = 2 / (1 - beta2) - 1
    const length = most - (2 * t * beta2 ** t) / rest
    if (length <= leastLength) return [stepSize, 0, 0, beta1, beta2, 1]
    const rectified = Math.sqrt(((length - 4) * (length - 2) * most) / ((most - 4) * (most - 2) * length))
    return [stepSize * rectified * Math.sqrt(rest), 0, 1, beta1, beta2, epsilon]
  }
}

/** RAdam: Adam whose first steps do not hang on a handful of squared gradients, and so need no warm-up. */
export const radam = (options?: RadamOptions): Radam => new Radam(options)

import { MomentsOptimizer, type MomentsOptions } from './adam.js'

export type AdamaxOptions = MomentsOptions

/** m ← m + (1 − β₁)(g − m), u ← max(β₂·u, |g|); w −= η/(1 − β₁ᵗ) · m/(u + ε) (Kingma & Ba 2015, section 7.1), as Keras has it. */
export class Adamax extends MomentsOptimizer {
  constructor(options: AdamaxOptions = {}) {
    super('adamax', options)
  }

  protected override readonly rule = 'adamax'

  protected override get slotNames(): readonly string[] {
    return ['momentum', 'norm']
  }

  protected override numbers(learningRate: number, step: number): readonly number[] {
    const { beta2, epsilon } = this.options
    const beta1 = this.momentumAt(step, this.options.beta1)
    return [learningRate / (1 - beta1 ** (step + 1)), beta1, beta2, epsilon]
  }
}

/** AdaMax: Adam whose step is divided by the largest gradient of late. */
export const adamax = (options?: AdamaxOptions): Adamax => new Adamax(options)

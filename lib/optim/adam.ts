import { checkOptions } from '../native/names.js'
import { checkDecay, checkFlag, checkRange, Optimizer } from './optimizer.js'

export interface AdamOptions {
  /** Default 0.001. */
  learningRate?: number
  /** The share of the gradient's moving average that each step keeps, in [0, 1). Default 0.9. */
  beta1?: number
  /** The same for the squared gradient. Default 0.999. */
  beta2?: number
  /** Added to the root. Default 1e-7. */
  epsilon?: number
  /** Whether the largest average of squared gradients so far divides, instead of the last. Default false. */
  amsgrad?: boolean
}

/**
 * m ← m + (1 − β₁)(g − m), v ← v + (1 − β₂)(g² − v); w −= η·√(1 − β₂ᵗ)/(1 − β₁ᵗ) · m/(√v + ε) (Kingma & Ba 2015; AMSGrad: Reddi et
 * al. 2018), as Keras has it.
 */
export class Adam extends Optimizer {
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
  readonly amsgrad: boolean

  constructor(options: AdamOptions = {}) {
    const { learningRate = 0.001, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7, amsgrad = false } = options
    super('adam', learningRate)
    this.beta1 = checkDecay('adam', 'beta1', beta1)
    this.beta2 = checkDecay('adam', 'beta2', beta2)
    this.epsilon = checkRange('adam', 'epsilon', epsilon, 0, Number.MAX_VALUE)
    this.amsgrad = checkFlag('adam', 'amsgrad', amsgrad)
  }

  protected override readonly rule = 'adam'

  protected override get slotNames(): readonly string[] {
    return ['momentum', 'velocity', ...(this.amsgrad ? ['velocityHat'] : [])]
  }

  protected override numbers(step: number): readonly number[] {
    const { learningRate, beta1, beta2, epsilon, amsgrad } = this
    const t = step + 1
    const stepSize = (learningRate * Math.sqrt(1 - beta2 ** t)) / (1 - beta1 ** t)
    return [stepSize, beta1, beta2, epsilon, Number(amsgrad)]
  }

  override getConfig(): Record<string, unknown> {
    const { beta1, beta2, epsilon, amsgrad } = this
    return { ...super.getConfig(), beta1, beta2, epsilon, amsgrad }
  }
}

/** Adam: momentum, and a step that is divided by the gradient's size, both corrected for starting at 0. */
export function adam(options: AdamOptions = {}): Adam {
  checkOptions(options, ['learningRate', 'beta1', 'beta2', 'epsilon', 'amsgrad'], 'adam')
  return new Adam(options)
}

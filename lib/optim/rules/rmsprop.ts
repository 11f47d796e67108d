import { checkFlag, checkRange, checkShare } from '../../core/check.js'
import { checkOptions } from '../../core/names.js'
import { Optimizer, type OptimizerOptions, optimizerOptions } from '../optimizer.js'
import type { ScheduleLike } from '../schedules/choices.js'

export interface RmspropOptions extends OptimizerOptions {
  /** Default 0.001. */
  learningRate?: number | ScheduleLike
  /** The share of the moving average of squared gradients that each step keeps, in [0, 1). Default 0.9. */
  rho?: number
  /** The share of the last change that is made again, in [0, 1). Default 0: off, under every schedule. */
  momentum?: number
  /** Added under the root. Default 1e-7. */
  epsilon?: number
  /** Whether the gradient's moving mean is subtracted, so that its variance is what divides. Default false. */
  centered?: boolean
}

/** v ← ρ·v + (1 − ρ)·g²; w −= η·g/√(v + ε) (Tieleman & Hinton 2012), as Keras has it with momentum and centred. */
export class Rmsprop extends Optimizer {
  readonly rho: number
  readonly momentum: number
  readonly epsilon: number
  readonly centered: boolean

  constructor(options: RmspropOptions = {}) {
    super('rmsprop', options, 0.001)
    const { rho = 0.9, momentum = 0, epsilon = 1e-7, centered = false } = options
    this.rho = checkShare('rmsprop', 'rho', rho)
    this.momentum = checkShare('rmsprop', 'momentum', momentum)
    this.epsilon = checkRange('rmsprop', 'epsilon', epsilon, 0)
    this.centered = checkFlag('rmsprop', 'centered', centered)
  }

  protected override readonly rule = 'rmsprop'

  protected override get slotNames(): readonly string[] {
    return ['velocity', ...(this.momentum === 0 ? [] : ['momentum']), ...(this.centered ? ['average'] : [])]
  }

  protected override numbers(learningRate: number, step: number): readonly number[] {
    const { rho, epsilon, momentum, centered } = this
    const kind = Number(momentum > 0) + 2 * Number(centered)
    return [learningRate, rho, epsilon, momentum > 0 ? this.momentumAt(step, momentum) : 0, kind]
  }

  override getConfig(): Record<string, unknown> {
    const { rho, momentum, epsilon, centered } = this
    return { ...super.getConfig(), rho, momentum, epsilon, centered }
  }
}

/** RMSprop: the step is divided by a moving average of the gradient's size. */
export function rmsprop(options: RmspropOptions = {}): Rmsprop {
  checkOptions(options, [...optimizerOptions, 'rho', 'momentum', 'epsilon', 'centered'], 'rmsprop', 'learningRate')
  return new Rmsprop(options)
}

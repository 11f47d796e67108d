import { checkFlag, checkShare, wrong } from '../../core/check.js'
import { checkOptions } from '../../core/names.js'
import { Optimizer, type OptimizerOptions, optimizerOptions } from '../optimizer.js'
import type { ScheduleLike } from '../schedules/choices.js'

export interface SgdOptions extends OptimizerOptions {
  /** Default 0.01. */
  learningRate?: number | ScheduleLike
  /** The share μ of the last change that is made again, in [0, 1). Default 0; a schedule with momentum takes its place. */
  momentum?: number
  /** Nesterov's momentum: looks one step ahead. Needs `momentum`, or a schedule that has one. Default false. */
  nesterov?: boolean
}

/** w −= η·g; with momentum v ← μ·v − η·g and w += v (Polyak 1964), Nesterov's w += μ·v − η·g (Sutskever et al. 2013). */
export class Sgd extends Optimizer {
  readonly momentum: number
  readonly nesterov: boolean

  constructor(options: SgdOptions = {}) {
    super('sgd', options, 0.01)
    const { momentum = 0, nesterov = false } = options
    this.momentum = checkShare('sgd', 'momentum', momentum)
    this.nesterov = checkFlag('sgd', 'nesterov', nesterov)
    if (nesterov && this.slotNames.length === 0)
      throw wrong(
        'sgd',
        'nesterov needs momentum: give momentum above 0, 0.9 for instance, or a schedule that has one such as oneCycle; it is 0',
      )
  }

  protected override readonly rule = 'sgd'

  protected override get slotNames(): readonly string[] {
    return this.momentum > 0 || this.cyclesMomentum ? ['velocity'] : []
  }

  protected override numbers(learningRate: number, step: number, slots: number): readonly number[] {
    const momentum = this.momentumAt(step, this.momentum)
    if (momentum > 0 && slots === 0)
      throw wrong(
        'sgd',
        'the schedule prescribes momentum, and the steps at work were compiled without; set it before them, or give momentum',
      )
    return [learningRate, momentum, slots > 0 ? 1 + Number(this.nesterov) : 0]
  }

  override getConfig(): Record<string, unknown> {
    // Where a schedule had the momentum, and is no more, there is nothing to look ahead by.
    const nesterov = this.nesterov && (this.momentum > 0 || this.cyclesMomentum)
    return { ...super.getConfig(), momentum: this.momentum, nesterov }
  }
}

/** Stochastic gradient descent, with or without momentum. */
export function sgd(options: SgdOptions = {}): Sgd {
  checkOptions(options, [...optimizerOptions, 'momentum', 'nesterov'], 'sgd', 'learningRate')
  return new Sgd(options)
}

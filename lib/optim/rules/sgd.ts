import { checkFlag, checkShare, wrong } from '../../core/check.js'
import { optional, type Schema, type ValuesOf } from '../../core/schema.js'
import { Optimizer } from '../optimizer.js'
import { type OptimizerOptions, optimizerSchema } from '../optimizer-options.js'
import type { ScheduleLike } from '../schedules/choices.js'

export interface SgdOptions extends OptimizerOptions {
  /** Default 0.01. */
  learningRate?: number | ScheduleLike
  /** The share μ of the last change that is made again, in [0, 1). Default 0; a schedule with momentum takes its place. */
  momentum?: number
  /** Nesterov's momentum: looks one step ahead. Needs `momentum`, or a schedule that has one. Default false. */
  nesterov?: boolean
}

const schema = {
  ...optimizerSchema(0.01),
  momentum: optional(checkShare, 0),
  nesterov: optional(checkFlag, false),
} satisfies Schema<SgdOptions>

/** w −= η·g; with momentum v ← μ·v − η·g and w += v (Polyak 1964), Nesterov's w += μ·v − η·g (Sutskever et al. 2013). */
export class Sgd extends Optimizer {
  /** @internal */
  static override readonly schema = schema
  declare readonly options: ValuesOf<typeof schema, SgdOptions>

  constructor(options: SgdOptions = {}) {
    super('sgd', options)
    if (this.options.nesterov && !this.hasMomentum)
      throw wrong(
        'sgd',
        'nesterov needs momentum: give momentum above 0, 0.9 for instance, or a schedule that has one such as oneCycle; it is 0',
      )
  }

  protected override readonly rule = 'sgd'

  protected override get slotNames(): readonly string[] {
    return this.hasMomentum ? ['velocity'] : []
  }

  private get hasMomentum(): boolean {
    return this.options.momentum > 0 || this.cyclesMomentum
  }

  protected override numbers(learningRate: number, step: number, slots: number): readonly number[] {
    const momentum = this.momentumAt(step, this.options.momentum)
    if (momentum > 0 && slots === 0)
      throw wrong(
        'sgd',
        'the schedule prescribes momentum, and the steps at work were compiled without; set it before them, or give momentum',
      )
    return [learningRate, momentum, slots > 0 ? 1 + Number(this.options.nesterov) : 0]
  }

  protected override get optionsNow(): object {
    // Where a schedule had the momentum, and is no more, there is nothing to look ahead by.
    return { ...super.optionsNow, nesterov: this.options.nesterov && this.hasMomentum }
  }
}

/** Stochastic gradient descent, with or without momentum. */
export const sgd = (options?: SgdOptions): Sgd => new Sgd(options)

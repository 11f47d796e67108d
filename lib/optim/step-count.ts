import { checkWhole, wrong } from '../core/check.js'
import { accumulateGradients } from '../ops/index.js'
import type { Parameter } from '../tensor/parameter.js'
import { State } from '../tensor/state.js'
import type { Tensor } from '../tensor/tensor.js'
import type { Slots } from './slots.js'

/** Gradient accumulation: small batches that together count as a large one. */
export interface Accumulation {
  /** How many steps make an update, from 1. The update takes the average of their gradients. Default 1. */
  steps?: number
}

/** The place of a step among those that make an update. */
interface Moment {
  /** How many updates come before it. */
  update: number
  /** Whether it is the first after an update. */
  begins: boolean
  /** Whether it makes the update. */
  applies: boolean
}

/** Counts updates, and the steps after the last of them. */
export class StepCount {
  updates = 0
  private pending = 0
  private steps = 1

  /** Steps from here on are of this kind; what another kind has begun is dropped. Returns the steps an update takes. */
  begin(where: string, { steps = 1 }: Accumulation): number {
    checkWhole(where, 'steps to accumulate', steps)
    if (steps !== this.steps) this.pending = 0
    this.steps = steps
    return steps
  }

  /** The step so many ahead of the present one; behind it, if negative. */
  at(ahead: number): Moment {
    const { steps, updates } = this
    const total = this.pending + ahead
    const whole = Math.floor(total / steps)
    const phase = total - whole * steps
    return { update: updates + whole, begins: phase === 0, applies: phase === steps - 1 }
  }

  advance(where: string, count: number, accumulation: Accumulation): void {
    const steps = this.begin(where, accumulation)
    const total = this.pending + count
    this.updates += Math.floor(total / steps)
    this.pending = total - Math.floor(total / steps) * steps
  }

  state(): State {
    const { updates, pending, steps } = this
    return new State({ updates, pending, steps })
  }

  /** Checks a state; what is returned brings it back. */
  restoring(state: State, where: string): () => void {
    const steps = checkWhole(where, 'steps to accumulate', state.value('steps') as number)
    const updates = checkWhole(where, 'the number of updates', state.value('updates') as number, 0)
    const pending = checkWhole(where, 'the number of steps since the last update', state.value('pending') as number, 0)
    if (pending >= steps) throw wrong(where, `${pending} steps since the last update, of ${steps}, are too many`)
    return () => {
      this.updates = updates
      this.pending = pending
      this.steps = steps
    }
  }

  reset(): void {
    this.updates = 0
    this.pending = 0
  }
}

/** Adds gradients to the totals of their parameters, and returns these. */
export function accumulated(
  parameters: readonly Parameter[],
  gradients: readonly Tensor[],
  slots: Slots,
  count: StepCount,
): readonly Tensor[] {
  const totals = slots.of('accumulator', parameters)
  accumulateGradients(totals, gradients, (ahead) => Number(count.at(ahead).begins))
  return totals
}

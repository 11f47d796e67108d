import { checkWhole } from '../../core/check.js'
import { MyelinError } from '../../core/error.js'
import { State } from '../../tensor/state.js'
import { type Sums, Totals } from './totals.js'

/** A metric's counts: totals by name, whose number the first batch says. */
export class Tally {
  private readonly parts = new Map<string, Totals>()

  /** @param metric for the message */
  constructor(private readonly metric: string) {}

  /**
   * The totals of this name.
   * @param n how many sums, the same each time
   * @throws MyelinError ERR_SHAPE
   */
  totals(name: string, n = 1): Totals {
    const known = this.parts.get(name)
    if (known === undefined) {
      const made = new Totals(n)
      this.parts.set(name, made)
      return made
    }
    if (known.n !== n)
      throw new MyelinError(
        'ERR_SHAPE',
        `[${this.metric}] counts ${known.n} figures, this batch has ${n}: reset() begins anew for other shapes`,
      )
    return known
  }

  /** The sum under this name; null if nothing ever was. */
  read(name: string): Sums | null {
    return this.parts.get(name)?.read() ?? null
  }

  /** Sums divided by their count: a mean. 0 of nothing. */
  mean(name: string): number {
    const { sums, count } = this.read(name) ?? { sums: [0], count: 0 }
    return count === 0 ? 0 : (sums[0] as number) / count
  }

  /** All totals by name, not copied. */
  held(): State {
    return new State(new Map([...this.parts].map(([name, part]) => [name, part.held()])))
  }

  /** Checks what {@link held} gave, and makes the totals that are not there yet; what is returned brings them back. */
  restoring(state: State): () => void {
    const { metric } = this
    const restore = state.names.map((name) => {
      const part = state.part(name)
      const bytes = part.tensors.get('sums')?.size ?? 0
      return this.totals(name, checkWhole(metric, `the sums of ${name} in the state`, bytes / 8)).restoring(
        part,
        metric,
      )
    })
    return () => {
      this.reset()
      for (const part of restore) part()
    }
  }

  reset(): void {
    for (const part of this.parts.values()) part.reset()
  }

  dispose(): void {
    for (const part of this.parts.values()) part.dispose()
  }
}

import { checkWhole, wrong } from '../../core/check.js'
import { isPlainObject } from '../../core/kinds.js'
import { show } from '../../core/show.js'
import { checkNumbers, OrderDraws } from '../../data/random-source.js'
import type { StateValue } from '../../tensor/state.js'

/** The draws of a source's orders by the pass: an order is drawn again, not stored. */
export class PassDraws {
  private readonly passes = new Map<number, OrderDraws>()
  /** Those of passes that are to be gone through again. */
  private again: ReadonlyMap<number, readonly number[]> = new Map()

  /** Of a pass that begins. */
  begin(number: number): OrderDraws {
    const draws = new OrderDraws(this.again.get(number))
    this.passes.set(number, draws)
    // A step that is still to be taken is of the pass before at the earliest.
    for (const pass of this.passes.keys()) if (pass < number - 1) this.passes.delete(pass)
    return draws
  }

  /** By pass the numbers of the draws, from a pass on. */
  from(first: number): StateValue {
    const known = new Map(this.again)
    for (const [number, draws] of this.passes) known.set(number, draws.known)
    return Object.fromEntries([...known].filter(([number, draws]) => number >= first && draws.length > 0))
  }

  /** Checks what {@link from} gave; what is returned has passes with these numbers go by the same draws. */
  restoring(draws: StateValue | undefined, where: string): () => void {
    if (!isPlainObject(draws)) throw wrong(where, `the state must hold draws by pass, got ${show(draws)}`)
    const again = new Map(
      Object.entries(draws).map(([pass, made]) => [
        checkWhole(where, 'a pass in the state', Number(pass), 0),
        checkNumbers(made, where, 'the draws of a pass'),
      ]),
    )
    return () => {
      this.again = again
    }
  }
}

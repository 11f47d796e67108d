import { wrong } from '../core/check.js'
import { isPlainObject } from '../core/kinds.js'
import { show } from '../core/show.js'
import { randomStreams } from '../tensor/random-state.js'
import type { StateValue } from '../tensor/state.js'
import { disposeElement } from './element.js'
import { checkNumbers, OrderDraws } from './random-source.js'

/** How far a loop through a Dataset has come. */
export class Reading {
  /** How many elements were taken. */
  private taken = 0
  readonly draws: OrderDraws

  /**
   * @param before how many were taken before, in a loop that goes on: they are passed over
   * @param drawn by which draws their order was made
   */
  constructor(
    private readonly before = 0,
    drawn: readonly number[] = [],
  ) {
    this.draws = new OrderDraws(drawn)
  }

  /** One that is to begin where another one was. @param given what {@link state} gave @throws MyelinError ERR_ARGUMENT */
  static from(given: unknown, where: string): Reading {
    if (!isPlainObject(given)) throw wrong(where, `the state has no place in the Dataset, but ${show(given)}`)
    const [taken = 0] = checkNumbers([given.taken], where, 'the elements taken')
    return new Reading(taken, checkNumbers(given.draws, where, 'the draws of an order'))
  }

  state(): StateValue {
    return { taken: Math.max(this.taken, this.before), draws: this.draws.known }
  }

  /** Counts elements as they are taken. @param ended called when there are no more, or no more are wanted */
  count<T>(elements: AsyncGenerator<T, void, undefined>, ended: () => void): AsyncGenerator<T, void, undefined> {
    const next = elements.next.bind(elements)
    const end = elements.return.bind(elements)
    let skipping: Promise<void> | null = null
    elements.next = async () => {
      if (this.before > 0) {
        skipping ??= this.skip(next)
        await skipping
      }
      const result = await next()
      if (result.done === true) ended()
      else this.taken++
      return result
    }
    elements.return = (value) => {
      ended()
      return end(value)
    }
    return elements
  }

  /** Passes over what was taken before: what that draws, the loop has drawn already. */
  private async skip<T>(next: () => Promise<IteratorResult<T, void>>): Promise<void> {
    const draws = randomStreams.state()
    for (; this.taken < this.before; this.taken++) {
      const { done, value } = await next()
      if (done === true)
        throw wrong(
          'Dataset',
          `it gives ${this.taken} elements, and the loop that goes on had taken ${this.before}: give the same data`,
        )
      disposeElement(value)
    }
    randomStreams.restore(draws)
  }
}

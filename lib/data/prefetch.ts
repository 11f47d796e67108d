import { disposeElement } from './element.js'
import { within } from './iterate.js'

type Outcome<T> = IteratorResult<T, void> | { error: unknown }

/**
 * Asks for elements while the consumer works, and holds at most so many that were not taken. An error comes in its turn,
 * behind the elements before it. Who leaves hardly waits for an element that is still to come; it goes when it does.
 */
export async function* prefetch<T>(
  source: AsyncGenerator<T, void, undefined>,
  most: number,
): AsyncGenerator<T, void, undefined> {
  const ready: Outcome<T>[] = []
  let [closed, ended, asked] = [false, false, false]
  const [arrived, taken] = [signal(), signal()]

  const fill = async (): Promise<void> => {
    while (!closed && !ended) {
      asked = true
      const outcome = await ask(source)
      asked = false
      ended = 'error' in outcome || outcome.done === true
      ready.push(outcome)
      arrived.raise()
      while (ready.length >= most && !closed) await taken.wait()
    }
  }

  const filling = fill()
  try {
    for (;;) {
      while (ready.length === 0) await arrived.wait()
      const outcome = ready.shift() as Outcome<T>
      taken.raise()
      if ('error' in outcome) throw outcome.error
      if (outcome.done === true) return
      yield outcome.value
    }
  } finally {
    closed = true
    taken.raise()
    const left = filling.then(() => {
      for (const outcome of ready) if (!('error' in outcome) && outcome.done !== true) disposeElement(outcome.value)
      return source.return()
    })
    await (asked ? within(100, left) : left)
  }
}

async function ask<T>(source: AsyncIterator<T, void>): Promise<Outcome<T>> {
  try {
    return await source.next()
  } catch (error) {
    return { error }
  }
}

/** Wakes the one who waits, or the next one to wait. */
function signal(): { raise(): void; wait(): Promise<void> } {
  let raised = false
  let wake: (() => void) | null = null
  return {
    raise() {
      raised = true
      wake?.()
    },
    async wait() {
      if (!raised)
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      raised = false
      wake = null
    },
  }
}

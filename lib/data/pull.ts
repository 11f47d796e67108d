import { isThenable } from '../native/kinds.js'

/** One way through an iterable, synchronous or not. */
export interface Puller<T> {
  /** Only asynchronous iterables, and promises among the values, give a promise. */
  next(): IteratorResult<T> | Promise<IteratorResult<T>>
  /**
   * Tells the source that no more is wanted; does nothing if the source ended by itself, or by an error of its own. It is waited
   * for, but not for ever: a tenth of a second if it has still to answer, else a second.
   * @param quietly whether its errors are passed over and nothing is waited for: where there is an error to tell of already
   */
  close(quietly?: boolean): void | Promise<void>
}

export function pullFrom<T>(iterable: Iterable<T> | AsyncIterable<T>): Puller<T> {
  return Symbol.asyncIterator in iterable
    ? pullLater(iterable[Symbol.asyncIterator]())
    : pullNow(iterable[Symbol.iterator]())
}

function pullNow<T>(iterator: Iterator<T>): Puller<T> {
  let ended = false
  return {
    next() {
      // Until the iterator has answered, it counts as ended: what throws is not closed.
      ended = true
      const result = iterator.next()
      ended = result.done === true
      const { value } = result
      return isThenable(value) ? Promise.resolve(value as T).then((value) => ({ done: false, value })) : result
    },
    close(quietly = false) {
      if (ended) return
      ended = true
      try {
        iterator.return?.()
      } catch (error) {
        if (!quietly) throw error
      }
    },
  }
}

function pullLater<T>(iterator: AsyncIterator<T>): Puller<T> {
  let ended = false
  let asked = false
  return {
    async next() {
      asked = true
      try {
        const result = await iterator.next()
        ended = result.done === true
        return result
      } catch (error) {
        ended = true
        throw error
      } finally {
        asked = false
      }
    },
    async close(quietly = false) {
      if (ended) return
      ended = true
      const told = (async () => iterator.return?.())()
      if (quietly) told.catch(() => {})
      else await within(asked ? 100 : 1000, told)
    },
  }
}

/** What a promise comes to within so many milliseconds, else undefined; what comes of it later is passed over. */
export async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), milliseconds)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
    promise.catch(() => {})
  }
}

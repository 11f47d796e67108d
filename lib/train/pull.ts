import { isThenable } from '../native/kinds.js'

/** One way through an iterable, synchronous or not. */
interface Puller<T> {
  /** Only asynchronous iterables, and promises among the values, give a promise. */
  next(): IteratorResult<T> | Promise<IteratorResult<T>>
  /**
   * Tells the source that no more is wanted; does nothing if the source ended by itself, or by an error of its own. One that has
   * still to answer is told, but not waited for: it may never answer.
   */
  close(): void | Promise<void>
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
    close() {
      if (!ended) iterator.return?.()
      ended = true
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
    async close() {
      if (ended) return
      ended = true
      const told = iterator.return?.()
      if (asked) told?.then(undefined, () => {})
      else await told
    },
  }
}

import { isTypedArray } from 'node:util/types'
import { wrong } from '../core/check.js'
import { isThenable } from '../core/kinds.js'
import { show } from '../core/show.js'

/** One way through an iterable, synchronous or not. */
export interface Iteration<T> {
  /** Only asynchronous iterables, and promises among the values, give a promise. */
  next(): IteratorResult<T> | Promise<IteratorResult<T>>
  /**
   * Tells the source that no more is wanted; does nothing if the source ended by itself, or by an error of its own. It is waited
   * for, but not for ever: a tenth of a second if it has still to answer, else a second.
   * @param quietly whether its errors are passed over and nothing is waited for: where there is an error to tell of already
   */
  close(quietly?: boolean): void | Promise<void>
}

/**
 * Begins a way through an iterable.
 * @param where what an error message begins with
 * @throws MyelinError ERR_ARGUMENT, here and by `next`, for what calls itself an iterable, or an iterator, and is none
 */
export function iterate<T>(iterable: Iterable<T> | AsyncIterable<T>, where: string): Iteration<T> {
  const { [Symbol.asyncIterator]: later, [Symbol.iterator]: now } = iterable as Partial<Iterable<T> & AsyncIterable<T>>
  if (later !== undefined) return iterateLater(checkIterator(begin(iterable, later, where), where), where)
  return iterateNow(checkIterator(begin(iterable, now, where), where), where)
}

/** All that an iterable gives, which is closed whenever it ends. @throws MyelinError ERR_ARGUMENT, as {@link iterate} */
export async function* iterateAll<T>(
  iterable: Iterable<T> | AsyncIterable<T>,
  where: string,
): AsyncGenerator<T, void, undefined> {
  const iteration = iterate(iterable, where)
  let failed = true
  try {
    for (;;) {
      const { done, value } = await iteration.next()
      if (done === true) break
      yield value
    }
    failed = false
  } finally {
    await iteration.close(failed)
  }
}

/** Calls the method of an iterable that makes its iterator. */
function begin<I>(iterable: object, method: (() => I) | undefined, where: string): I {
  if (typeof method !== 'function') throw wrong(where, `needs an iterable, got ${show(iterable)}`)
  try {
    return method.call(iterable)
  } catch (error) {
    if (!isTypedArray(iterable)) throw error
    throw wrong(where, `${show(iterable)} has no elements any more: its buffer was detached`, { cause: error })
  }
}

function checkIterator<I extends { next: unknown }>(iterator: I, where: string): I {
  if (typeof iterator === 'object' && iterator !== null && typeof iterator.next === 'function') return iterator
  throw wrong(where, `the iterable must give an iterator, an object with a method next, got ${show(iterator)}`)
}

function checkResult<R>(result: R, where: string): R {
  if (typeof result === 'object' && result !== null) return result
  throw wrong(where, `next of the iterator must give { done, value }, got ${show(result)}`)
}

/** Tells an iterator that no more is wanted, if it wants to know. */
function tell<R>(iterator: { return?: () => R }, where: string): R | undefined {
  const { return: end } = iterator
  if (end === undefined || end === null) return undefined
  if (typeof end === 'function') return end.call(iterator)
  throw wrong(where, `return of the iterator must be a function, got ${show(end)}`)
}

function iterateNow<T>(iterator: Iterator<T>, where: string): Iteration<T> {
  let ended = false
  return {
    next() {
      // Until the iterator has answered, it counts as ended: what throws is not closed.
      ended = true
      const result = checkResult(iterator.next(), where)
      ended = result.done === true
      const { value } = result
      return isThenable(value) ? Promise.resolve(value as T).then((value) => ({ done: false, value })) : result
    },
    close(quietly = false) {
      if (ended) return
      ended = true
      try {
        tell(iterator, where)
      } catch (error) {
        if (!quietly) throw error
      }
    },
  }
}

function iterateLater<T>(iterator: AsyncIterator<T>, where: string): Iteration<T> {
  let ended = false
  let asked = false
  return {
    async next() {
      asked = true
      try {
        const result = checkResult(await iterator.next(), where)
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
      const told = (async () => tell(iterator, where))()
      if (quietly) told.catch(() => {})
      else await within(asked ? 100 : 1000, told)
    },
  }
}

/** The value of a promise within so many milliseconds, else undefined; what comes of it later is passed over. */
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

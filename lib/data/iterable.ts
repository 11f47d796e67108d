import { Readable } from 'node:stream'
import { wrong } from '../core/check.js'
import { show } from '../core/show.js'

/** An iterable of elements, or of promises of them. */
export type Elements<T> = Iterable<T | Promise<T>> | AsyncIterable<T>

/** An iterable, or what makes one for each pass. */
export type ElementSource<T> = Elements<T> | (() => Elements<T> | Promise<Elements<T>>)

/**
 * A function that gives each pass its iterable. An iterator or stream, which can be read once, is refused the second time.
 * @throws MyelinError ERR_ARGUMENT if the source is neither iterable nor a function
 */
export function opener<T>(source: ElementSource<T>, where: string): () => Promise<Elements<T>> {
  if (typeof source === 'function') return async () => checkIterable(await source(), where)
  checkIterable(source, where)
  return isOneShot(source) ? once(source, where) : async () => source
}

/** Gives a source that can be read once, and refuses to give it again. */
export function once<T>(source: T, where: string): () => Promise<T> {
  let given = false
  return async () => {
    if (given)
      throw wrong(where, 'an iterator or stream can be read once; give a function that makes one for each pass')
    given = true
    return source
  }
}

/** Whether it is an iterator itself, as generators are, and not what makes iterators. */
const isOneShot = (source: object): boolean => 'next' in source || source instanceof Readable

function checkIterable<T>(source: Elements<T>, where: string): Elements<T> {
  if (typeof source === 'object' && source !== null && (Symbol.iterator in source || Symbol.asyncIterator in source))
    return source
  throw wrong(where, `needs an iterable or a function that makes one, got ${show(source)}`)
}

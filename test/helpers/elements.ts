import { type ElementArray, native } from '../../lib/native/binding.js'

/** The elements of a handle, into an array of its dtype and size. */
export function elements<E extends ElementArray>(handle: number, into: E): E {
  native.read(handle, 0, into)
  return into
}

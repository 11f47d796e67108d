// Two copies of the library can be in one process: two versions, two folders, or modules that a test runner loads anew. What one of them
// made is strange to the other, though it looks alike.

const mark = Symbol.for('myelin')
const thisCopy = {}

/** Marks a class as one of this copy of the library. */
export function ofThisCopy(Class: { readonly prototype: object }): void {
  Object.defineProperty(Class.prototype, mark, { value: thisCopy })
}

/**
 * Of what only looks like an object of this library what it is, for a message: made by another copy, or what structured cloning
 * (`postMessage`) leaves of a tensor. Null for anything else.
 */
export function copyOf(value: object): string | null {
  if (mark in value)
    return value[mark] === thisCopy
      ? null
      : `a ${value.constructor.name} of another copy of myelin: import the library from one place only`
  if ('rawHandle' in value && 'sizes' in value && 'dtype' in value)
    return 'what is left of a Tensor that was cloned or posted to a thread: send { data: x.data(), shape: x.shape } instead, and make it anew by tensor(data, shape)'
  return null
}

// Kinds of values, whichever realm they come from: Jest and node:vm run code beside built-in classes of their own, for which
// `instanceof` says no. See node:util/types for the rest.

/** Whether it is an object literal, or one without a prototype. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  // Of any realm, Object.prototype is the one prototype that has none itself.
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** Whether it is an array of such values. A hole is undefined, and not passed over as by `every`. */
export function isListOf<T>(value: unknown, is: (entry: unknown) => entry is T): value is readonly T[]
export function isListOf(value: unknown, is: (entry: unknown) => boolean): value is readonly unknown[]
export function isListOf(value: unknown, is: (entry: unknown) => boolean): boolean {
  if (!Array.isArray(value)) return false
  for (const entry of value) if (!is(entry)) return false
  return true
}

/** Whether it is a promise, or anything else that can be awaited. */
export const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'

/** Whether it is an AbortSignal, by what it can do. */
export const isSignal = (value: unknown): value is AbortSignal =>
  typeof value === 'object' &&
  value !== null &&
  'aborted' in value &&
  typeof value.aborted === 'boolean' &&
  'addEventListener' in value &&
  typeof value.addEventListener === 'function' &&
  'throwIfAborted' in value &&
  typeof value.throwIfAborted === 'function'

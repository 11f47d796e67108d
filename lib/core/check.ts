import { MyelinError } from './error.js'
import { isSignal, isThenable } from './kinds.js'
import { show } from './show.js'

// Checks of arguments; messages name and show what is refused. `where` begins the message: the function, layer or class.

/** The error for a wrong argument. */
export const wrong = (where: string, message: string, options?: ErrorOptions): MyelinError =>
  new MyelinError('ERR_ARGUMENT', `[${where}] ${message}`, options)

/** A whole number from `least`. */
export function checkWhole(where: string, option: string, value: number, least = 1): number {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw wrong(where, `${option} must be a whole number from ${least}, got ${show(value)}`)
}

/** A finite number. */
export function checkFinite(where: string, option: string, value: number): number {
  if (Number.isFinite(value)) return value
  throw wrong(where, `${option} must be a finite number, got ${show(value)}`)
}

/** A finite number from `least`, or if `most` is given up to that. */
export function checkRange(
  where: string,
  option: string,
  value: number,
  least: number,
  most: number = Number.MAX_VALUE,
): number {
  if (typeof value === 'number' && value >= least && value <= most) return value
  const range = most === Number.MAX_VALUE ? `a finite number from ${least}` : `a number from ${least} to ${most}`
  throw wrong(where, `${option} must be ${range}, got ${show(value)}`)
}

/** A finite number above `bound`. */
export function checkAbove(where: string, option: string, value: number, bound: number): number {
  if (typeof value === 'number' && value > bound && value <= Number.MAX_VALUE) return value
  throw wrong(where, `${option} must be a finite number above ${bound}, got ${show(value)}`)
}

/** A share that is less than the whole: in [0, 1). */
export function checkShare(where: string, option: string, value: number): number {
  if (typeof value === 'number' && value >= 0 && value < 1) return value
  throw wrong(where, `${option} must lie in [0, 1), got ${show(value)}`)
}

/** True or false. */
export function checkFlag(where: string, option: string, value: boolean): boolean {
  if (typeof value === 'boolean') return value
  throw wrong(where, `${option} must be true or false, got ${show(value)}`)
}

/** An AbortSignal, or none. */
export function checkSignal(where: string, signal: AbortSignal | undefined): void {
  if (signal !== undefined && !isSignal(signal))
    throw wrong(where, `signal must be an AbortSignal, got ${show(signal)}`)
}

/** A function. @param what what it does, for the message: `a function of tensors` */
export function checkFunction(where: string, what: string, value: unknown): void {
  if (typeof value !== 'function') throw wrong(where, `needs ${what}, got ${show(value)}`)
}

/**
 * A function's result, where it must not be asynchronous: of such a one only what comes before its first await would count.
 * @throws MyelinError ERR_ARGUMENT for a promise, whose own error is then nobody's
 */
export function refusePromise<T>(where: string, result: T): T {
  if (!isThenable(result)) return result
  result.then(undefined, () => {})
  throw wrong(where, 'the function must not be asynchronous')
}

import { MyelinError } from './error.js'

// What is refused when it is given, by name and value. `where` is what the message begins with: the function, layer or class.

/** The error for a wrong argument. */
export const wrong = (where: string, message: string, options?: ErrorOptions): MyelinError =>
  new MyelinError('ERR_ARGUMENT', `[${where}] ${message}`, options)

/** A whole number from `least`. */
export function checkWhole(where: string, option: string, value: number, least = 1): number {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw wrong(where, `${option} must be a whole number from ${least}, got ${String(value)}`)
}

/** A finite number. */
export function checkFinite(where: string, option: string, value: number): number {
  if (Number.isFinite(value)) return value
  throw wrong(where, `${option} must be a finite number, got ${String(value)}`)
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
  throw wrong(where, `${option} must be ${range}, got ${String(value)}`)
}

/** A finite number above `bound`. */
export function checkAbove(where: string, option: string, value: number, bound: number): number {
  if (typeof value === 'number' && value > bound && value <= Number.MAX_VALUE) return value
  throw wrong(where, `${option} must be a finite number above ${bound}, got ${String(value)}`)
}

/** A share that is less than the whole: in [0, 1). */
export function checkShare(where: string, option: string, value: number): number {
  if (typeof value === 'number' && value >= 0 && value < 1) return value
  throw wrong(where, `${option} must lie in [0, 1), got ${String(value)}`)
}

/** True or false. */
export function checkFlag(where: string, option: string, value: boolean): boolean {
  if (typeof value === 'boolean') return value
  throw wrong(where, `${option} must be true or false, got ${String(value)}`)
}

/** An AbortSignal, or none. */
export function checkSignal(where: string, signal: AbortSignal | undefined): void {
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw wrong(where, `signal must be an AbortSignal, got ${String(signal)}`)
}

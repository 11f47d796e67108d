import { MyelinError } from '../native/error.js'

// Options that are refused when they are given, by name and value.

/** An option that is a number from `least` to `most`. */
export function checkRange(where: string, option: string, value: number, least: number, most: number): number {
  if (typeof value === 'number' && value >= least && value <= most) return value
  const range = most === Number.MAX_VALUE ? `a finite number from ${least}` : `a number from ${least} to ${most}`
  throw wrong(where, `${option} must be ${range}, got ${String(value)}`)
}

/** An option that is a finite number above 0. */
export function checkPositive(where: string, option: string, value: number): number {
  if (typeof value === 'number' && value > 0 && value <= Number.MAX_VALUE) return value
  throw wrong(where, `${option} must be a finite number above 0, got ${String(value)}`)
}

/** The share that a moving average keeps: in [0, 1). */
export function checkDecay(where: string, option: string, value: number): number {
  if (typeof value === 'number' && value >= 0 && value < 1) return value
  throw wrong(where, `${option} must lie in [0, 1), got ${String(value)}`)
}

/** An option that is true or false. */
export function checkFlag(where: string, option: string, value: boolean): boolean {
  if (typeof value === 'boolean') return value
  throw wrong(where, `${option} must be true or false, got ${String(value)}`)
}

export function wrong(where: string, message: string): MyelinError {
  return new MyelinError('ERR_ARGUMENT', `[${where}] ${message}`)
}

import { MyelinError } from '../native/error.js'
import { checkSeed } from '../tensor/random.js'

/** @throws MyelinError ERR_ARGUMENT if the value is not a whole number from `least` */
export function checkWhole(value: number, name: string, where: string, least = 1): number {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw wrong(where, `${name} must be a whole number from ${least}, got ${String(value)}`)
}

/** @throws MyelinError ERR_ARGUMENT if the value is neither true nor false */
export function checkFlag(value: boolean, name: string, where: string): boolean {
  if (typeof value === 'boolean') return value
  throw wrong(where, `${name} must be true or false, got ${String(value)}`)
}

/** @throws MyelinError ERR_ARGUMENT if a seed is given and not a whole number from 0 to 2⁵³ − 1 */
export function checkOptionalSeed(seed: number | undefined, where: string): number | undefined {
  return seed === undefined ? undefined : checkSeed(seed, where)
}

export const wrong = (where: string, what: string): MyelinError => new MyelinError('ERR_ARGUMENT', `[${where}] ${what}`)

import { MyelinError } from '../native/error.js'

/** @throws MyelinError ERR_ARGUMENT if the value is not a whole number from `least` */
export function checkWhole(value: number, name: string, where: string, least = 1): number {
  if (!Number.isSafeInteger(value) || value < least)
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[${where}] ${name} must be a whole number from ${least}, got ${String(value)}`,
    )
  return value
}

/** @throws MyelinError ERR_ARGUMENT if the value is given and no AbortSignal */
export function checkSignal(signal: AbortSignal | undefined, where: string): void {
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw new MyelinError('ERR_ARGUMENT', `[${where}] signal must be an AbortSignal, got ${String(signal)}`)
}

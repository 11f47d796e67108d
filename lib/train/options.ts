import { MyelinError } from '../native/error.js'

/** @throws MyelinError ERR_ARGUMENT if the value is given and no AbortSignal */
export function checkSignal(signal: AbortSignal | undefined, where: string): void {
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw new MyelinError('ERR_ARGUMENT', `[${where}] signal must be an AbortSignal, got ${String(signal)}`)
}

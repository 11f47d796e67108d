import { type ErrorCode, MyelinError } from '../../lib/core/error.js'

/** Code and message of the MyelinError that fn throws; anything else goes through. */
export function failure(fn: () => unknown): { code: ErrorCode; message: string } {
  try {
    fn()
  } catch (error) {
    if (error instanceof MyelinError) return { code: error.code, message: error.message }
    throw error
  }
  throw new Error('nothing was thrown')
}

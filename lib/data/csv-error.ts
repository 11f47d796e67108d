import { MyelinError } from '../core/error.js'

/** The beginning of messages about CSV. */
export const where = 'Dataset.fromCsv'

/** The error for a file that cannot be read as it is. */
export function bad(file: string, what: string, cause?: unknown): MyelinError {
  return new MyelinError('ERR_FORMAT', `[${where}] ${file}: ${what}`, { cause })
}

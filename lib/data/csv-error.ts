import { MyelinError } from '../native/error.js'

/** What messages about CSV begin with. */
export const where = 'Dataset.fromCsv'

/** The error for a file that cannot be read as it is. */
export function bad(file: string, what: string, cause?: unknown): MyelinError {
  return new MyelinError('ERR_FORMAT', `[${where}] ${file}: ${what}`, { cause })
}

/** A value of the user's for a message, of which at most 80 characters are shown. */
export function show(value: unknown): string {
  if (Array.isArray(value)) return `an array of length ${value.length}`
  if (typeof value === 'object' && value !== null) return `an object of ${value.constructor?.name ?? 'no class'}`
  if (typeof value !== 'string') return shorten(String(value))
  const shown = shorten(JSON.stringify(value.slice(0, 100)))
  return shown.endsWith('…') ? `${shown}" (${value.length} characters)` : shown
}

const shorten = (text: string): string => (text.length > 80 ? `${text.slice(0, 79)}…` : text)

/** The first ones of many names. */
export function list(names: readonly string[]): string {
  const shown = names.slice(0, 20).map((name) => (name.length > 40 ? `${name.slice(0, 40)}…` : name))
  return `${shown.join(', ')}${names.length > 20 ? `, … (${names.length} in all)` : ''}`
}

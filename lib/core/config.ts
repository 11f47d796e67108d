import { ambient } from './ambient.js'
import { MyelinError } from './error.js'

// A config is plain data: names and options that make an equal thing again, in another process too. A user's function cannot be written
// down so; but while something is copied in memory, the function itself will do.

const copying = ambient(false)

/** Runs fn, in which configs hold users' functions as they are. */
export const withFunctions = <T>(fn: () => T): T => copying.run(true, fn)

/**
 * A user's function in a config.
 * @param kind what it is: `a schedule`
 * @param hint what to give in its place
 * @throws MyelinError ERR_FORMAT unless something is being copied
 */
export function functionInConfig<F>(kind: string, given: F, where: string, hint: string): F {
  if (copying.value) return given
  throw new MyelinError('ERR_FORMAT', `[${where}] ${kind} that is a function of its own cannot be saved; ${hint}`)
}

import { ambient } from './ambient.js'
import { MyelinError } from './error.js'

// A config is plain data: names and options that make an equal thing again, in another process too. A user's function cannot be written
// down so; but while something is copied in memory, the function itself will do.

const copying = ambient(false)

/** Runs fn, in which configs hold users' functions as they are. */
export const withFunctions = <T>(fn: () => T): T => copying.run(true, fn)

/**
 * A user's function in a config.
 * @param kind the kind of thing that it is, which has a registry: `schedule`
 * @param option what it was given as
 * @throws MyelinError ERR_FORMAT unless something is being copied
 */
export function functionInConfig<F>(kind: string, given: F, where: string, option: string): F {
  const those = kind === 'loss' ? 'losses' : `${kind}s`
  return unlessSaved(given, where, option, `register it by ${registrar(kind)}, or give one of ${those}`)
}

/** The function by which users add things of a kind: `registerLayer`. */
export const registrar = (kind: string): string => `register${kind.charAt(0).toUpperCase()}${kind.slice(1)}`

/** A user's function in the place of something else than a registered thing. @param remedy what to do about it */
export function unlessSaved<F>(given: F, where: string, option: string, remedy: string): F {
  if (copying.value) return given
  throw new MyelinError('ERR_FORMAT', `[${where}] ${option} is a function that no config can hold; ${remedy}`)
}

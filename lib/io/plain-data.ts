import { wrong } from '../core/check.js'
import { unlessSaved } from '../core/config.js'
import { isListOf, isPlainObject } from '../core/kinds.js'
import { put } from '../core/records.js'
import { shorten, show } from '../core/show.js'

// JSON knows no NaN, no infinity and no −0. They are written as { "~number": "NaN" }; a name that begins with ~ by itself is written with
// another ~ before it.

/** Objects and arrays within each other. */
export const mostDepth = 200

const tag = '~number'

const special: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
  '-0': -0,
}

/**
 * Configs and values of states as JSON keeps them. What can tell its config, such as a schedule, is told by that.
 * @param where what an error message begins with
 * @param what the value in words, for the message
 * @throws MyelinError ERR_FORMAT for a function, ERR_ARGUMENT for anything else that is no plain data
 */
export function toPlain(value: unknown, where: string, what: string, depth = 0): unknown {
  if (depth > mostDepth) throw wrong(where, `${shorten(what)} is nested too deep to be plain data`)
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
  if (typeof value === 'number') return told(value)
  if (Array.isArray(value)) return value.map((entry, i) => toPlain(entry, where, `${what}[${i}]`, depth + 1))
  if (typeof value === 'function') {
    const { getConfig } = value as { getConfig?: () => unknown }
    if (typeof getConfig === 'function') return toPlain(getConfig(), where, what, depth + 1)
    return unlessSaved(value, where, what, 'register it by a name, and give that')
  }
  if (!isPlainObject(value)) throw wrong(where, `${what} must be plain data, got ${show(value)}`)
  const plain: Record<string, unknown> = {}
  for (const [name, entry] of Object.entries(value))
    if (entry !== undefined) put(plain, escaped(name), toPlain(entry, where, `${what}.${name}`, depth + 1))
  return plain
}

const told = (value: number): unknown =>
  Number.isFinite(value) && !Object.is(value, -0) ? value : { [tag]: Object.is(value, -0) ? '-0' : String(value) }

/** The value that {@link toPlain} was given. @throws MyelinError ERR_ARGUMENT for a number that is none */
export function fromPlain(value: unknown, where: string, depth = 0): unknown {
  if (depth > mostDepth) throw wrong(where, 'the data is nested too deep')
  if (isListOf(value, () => true)) return value.map((entry) => fromPlain(entry, where, depth + 1))
  if (!isPlainObject(value)) return value
  if (Object.hasOwn(value, tag)) {
    const name = value[tag]
    if (typeof name === 'string' && Object.hasOwn(special, name)) return special[name]
    throw wrong(where, `${show(name)} is no number: NaN, Infinity, -Infinity or -0`)
  }
  const plain: Record<string, unknown> = {}
  for (const [name, entry] of Object.entries(value))
    put(plain, name.startsWith('~') ? name.slice(1) : name, fromPlain(entry, where, depth + 1))
  return plain
}

const escaped = (name: string): string => (name.startsWith('~') ? `~${name}` : name)

import { Thrown } from './values.mjs'

const codes = [
  ...['ERR_SHAPE', 'ERR_DTYPE', 'ERR_DISPOSED', 'ERR_ARGUMENT', 'ERR_NO_GRADIENT', 'ERR_NOT_FINITE', 'ERR_BUSY'],
  ...['ERR_FORMAT', 'ERR_PLATFORM', 'ERR_MEMORY'],
]
const longestMessage = 500
const longestValue = 120

/** What is wrong with an error that a call came to; null where nothing is. */
export function faultOf(error, { MyelinError }) {
  if (error instanceof Thrown) return null
  if (error instanceof MyelinError) {
    const { code, message } = error
    if (!codes.includes(code)) return `has the code ${code}`
    if (message.length > longestMessage)
      return `has a message of ${message.length} characters: ${message.slice(0, 200)}`
    const long = message.split(/[\s,]+/).find((word) => word.length > longestValue)
    return long === undefined ? null : `prints a value of ${long.length} characters: ${message.slice(0, 200)}`
  }
  // What the engine says of the caller's own proxy or class, by its name: nothing here could say it better.
  if (
    error instanceof TypeError &&
    /on a proxy that has been revoked|^Class constructor \w+ cannot/.test(error.message)
  )
    return null
  return `is a ${error?.constructor?.name ?? typeof error}: ${String(error?.message ?? error).slice(0, 200)}`
}

/** How a call ended, for the count. */
export const outcomeOf = (error) => String(error?.code ?? error?.name ?? typeof error)

/** Failures, one of each kind: those that come from one place of the library, in one way. */
export class Findings {
  #kinds = new Map()

  /** @param error where it came from */
  add(what, description, error) {
    const trace = String(error?.stack ?? '')
      .split('\n')
      .filter((line) => /^\s+at /.test(line))
      .slice(0, 6)
      .join('\n')
    const key = `${what.replace(/\d+/g, 'n').slice(0, 80)} ${trace.split('\n')[0]}`
    const kind = this.#kinds.get(key) ?? { times: 0, text: `${description}\n  ${what}\n${trace}` }
    kind.times++
    this.#kinds.set(key, kind)
  }

  /** @throws Error that tells them all */
  throw() {
    if (this.#kinds.size === 0) return
    const texts = [...this.#kinds.values()].map(({ times, text }) => `${times} × ${text}`)
    throw new Error(`${texts.length} kinds of failure\n\n${texts.join('\n\n')}`)
  }
}

import { isPromise, isTypedArray } from 'node:util/types'
import { copyOf } from './copies.js'
import { isPlainObject } from './kinds.js'

/** An object's description of itself in messages: `a Tensor of shape [2, 3]`. */
export const inWords: unique symbol = Symbol('in words')

/** The most characters of a message that a value takes, about. */
const most = 80

/**
 * A value that the user gave, in few words, for a message: numbers as they are, texts in quotes and cut where they are long, arrays by
 * what they hold or how many values there are, functions by name, objects by class. What throws when it is looked at, such as a
 * proxy, does no harm.
 */
export function show(value: unknown): string {
  try {
    return describe(value)
  } catch {
    return 'an object that cannot be looked at'
  }
}

/** Names for a message, in their order: at most so many of them. */
export function listed(names: readonly string[], longest = 60): string {
  const shown = names.slice(0, longest).map((name) => (name.length <= most ? name : `${name.slice(0, most)}…`))
  const left = names.length - shown.length
  return [...shown, ...(left > 0 ? [`… (${left} more)`] : [])].join(', ')
}

/** Options as they are written, without the braces: `epochs: 1, verbose: 0`. */
export const inCode = (options: Readonly<Record<string, unknown>>): string =>
  listed(
    Object.entries(options).map(([name, value]) => `${shorten(name)}: ${show(value)}`),
    8,
  )

/** A name for a message: as it is, or if it is long both ends of it. */
export const shorten = (name: string): string => (name.length <= most ? name : show(name))

function describe(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return quote(value)
    case 'bigint':
      return `${cut(String(value), 'digits')}n`
    case 'symbol':
      return cut(String(value), 'characters')
    case 'function':
      return describeFunction(value)
    case 'object':
      return value === null ? 'null' : describeObject(value)
    default:
      return String(value)
  }
}

/** A text in quotes; of a long one both ends, as many characters of them as are short when they are escaped. */
function quote(text: string): string {
  const whole = text.length <= most ? JSON.stringify(text) : null
  if (whole !== null && whole.length <= most + 2) return whole
  const ends = (n: number): string =>
    [text.slice(0, 2 * n), text.slice(-n)].map((end) => JSON.stringify(end).slice(1, -1)).join('…')
  const some = ends(20)
  return `"${some.length <= most ? some : ends(4)}" (${text.length} characters)`
}

const cut = (text: string, unit: string): string =>
  text.length <= most ? text : `${text.slice(0, most / 2)}… (${text.length} ${unit})`

function describeFunction(value: object): string {
  const { name } = value as { name?: unknown }
  if (typeof name !== 'string' || name === '') return 'a function'
  const kind = /^class\b/.test(Function.prototype.toString.call(value)) ? 'class' : 'function'
  return `the ${kind} ${cut(name, 'characters')}`
}

function describeObject(value: object): string {
  if (inWords in value && typeof value[inWords] === 'function') return String(value[inWords]())
  const foreign = copyOf(value)
  if (foreign !== null) return foreign
  if (Array.isArray(value)) return inline(value, most) ?? describeArray(value)
  if (isTypedArray(value)) return `${withArticle(value[Symbol.toStringTag])} of ${count(value.length)}`
  if (isPromise(value)) return describePromise(value)
  if (!isPlainObject(value)) return withArticle(className(value))
  const keys = Object.keys(value)
  return keys.length === 0 ? 'an empty object' : `an object with ${cut(listed(keys, 8), 'characters')}`
}

/** Words for a promise. It is refused, so its own rejection, which nobody else will hear of, is taken up here. */
function describePromise(promise: Promise<unknown>): string {
  Promise.prototype.then.call(promise, undefined, () => {})
  return 'a Promise; await it first, and let functions that are called here not be async'
}

const count = (n: number): string => (n === 1 ? 'one value' : `${n} values`)

/** An array with all that is in it; null if that takes more characters than there is room for. */
function inline(values: readonly unknown[], room: number): string | null {
  let text = ''
  for (const value of values) {
    const left = room - text.length - 2
    const item = left <= 0 ? null : Array.isArray(value) ? inline(value, left) : describe(value)
    if (item === null || item.length > left) return null
    text += text === '' ? item : `, ${item}`
  }
  return `[${text}]`
}

/** An array by the lengths of its levels. */
function describeArray(values: readonly unknown[]): string {
  const lengths: number[] = []
  for (let level: unknown = values; Array.isArray(level) && lengths.length < 8; level = level[0])
    lengths.push(level.length)
  return lengths.length === 1 ? `an array of ${count(values.length)}` : `nested arrays of [${lengths.join(', ')}]`
}

function className(value: object): string {
  const name: unknown = (value as { constructor?: { name?: unknown } }).constructor?.name
  return typeof name === 'string' && name !== '' ? cut(name, 'characters') : 'object without a class'
}

const withArticle = (noun: string): string => `${/^[aeio]/i.test(noun) ? 'an' : 'a'} ${noun}`

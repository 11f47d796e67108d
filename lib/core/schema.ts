import { checkAbove, checkRange, checkWhole, wrong } from './check.js'
import { checkOptions } from './names.js'
import { show } from './show.js'

// An option is declared once: here its check, its default and how a config tells it; what it means, and its type, in the documented
// interface that the schema satisfies.

/** An option's value of what was given: that itself, checked, or what it stands for. */
export type Check<Given, Value> = (where: string, option: string, given: Given) => Value

/** How a value is told in a config; undefined where it is not. */
export type Tell<Value> = (value: Value, where: string, option: string) => unknown

export interface Option<Given, Value> {
  readonly check: Check<Given, Value>
  // A method: who extends a class may narrow its option, so that it always has a value for instance.
  tell(value: Value, where: string, option: string): unknown
}

export interface RequiredOption<Given, Value> extends Option<Given, Value> {
  readonly required: true
}

export interface OptionalOption<Given, Value> extends Option<Given, Value> {
  readonly required: false
  /** The default. Undefined: the value is undefined, too. */
  readonly fallback: Given | undefined
}

const asItIs: Tell<unknown> = (value) => value

/** No check: of an option that is checked with another one. */
export const asGiven = <Given>(_where: string, _option: string, given: Given): Given => given

/** An option that must be given. */
export const required = <Given, Value = Given>(
  check: Check<Given, Value>,
  tell: Tell<Value> = asItIs,
): RequiredOption<Given, Value> => ({ required: true, check, tell })

/** An option with a default. */
export const optional = <Given, Value = Given>(
  check: Check<Given, Value>,
  fallback: NoInfer<Given>,
  tell: Tell<Value> = asItIs,
): OptionalOption<Given, Value> => ({ required: false, check, fallback, tell })

/** An option that may be left out, and then has no value. */
export const maybe = <Given, Value = Given>(
  check: Check<Given, Value>,
  tell: Tell<Value> = asItIs,
): OptionalOption<Given, Value | undefined> => ({
  required: false,
  fallback: undefined,
  check,
  tell: (value, where, option) => (value === undefined ? undefined : tell(value, where, option)),
})

/** Options by name, for those of O that Base does not have. */
export type Schema<O extends Base, Base extends object = object> = {
  readonly [K in Exclude<keyof O, keyof Base>]-?: undefined extends O[K]
    ? { readonly required: false; readonly check: Check<Exclude<O[K], undefined>, unknown>; readonly tell: Tell<never> }
    : { readonly required: true; readonly check: Check<O[K], unknown>; readonly tell: Tell<never> }
}

/** Any schema. */
export type AnySchema = Readonly<Record<string, AnyOption>>

interface AnyOption {
  readonly required: boolean
  readonly fallback?: unknown
  readonly check: Check<never, unknown>
  readonly tell: Tell<never>
}

/** The checked values of a schema's options. @typeParam O the interface that it satisfies: the values are documented as there */
export type ValuesOf<S, O = S> = {
  readonly [K in keyof Pick<Required<O>, keyof O & keyof S>]: S[K] extends Option<never, infer V> ? V : never
}

/**
 * The values of options, checked, with their defaults.
 * @param common options beside those of the schema, which somebody else reads; null: any
 * @param main the option that is meant where something else is given in the place of options. Default: the first that is needed
 * @throws MyelinError ERR_ARGUMENT for no options, unknown ones, wrong ones, and the lack of one that is needed
 */
export function parseOptions<S extends AnySchema>(
  schema: S,
  given: object,
  where: string,
  common: readonly string[] | null = [],
  main = Object.keys(schema).find((name) => schema[name]?.required),
): ValuesOf<S> {
  const known = [...Object.keys(schema), ...(common ?? [])]
  checkOptions(given, common === null ? [...known, ...Object.keys(given ?? {})] : known, where, main)
  const values: Record<string, unknown> = {}
  for (const [name, option] of Object.entries(schema)) values[name] = checkedValue(option, name, given, where)
  return Object.freeze(values) as ValuesOf<S>
}

function checkedValue(option: AnyOption, name: string, options: object, where: string): unknown {
  const given = (options as Record<string, unknown>)[name]
  if (option.required) {
    if (!isGiven(options, name)) throw wrong(where, `needs the option ${name}`)
    return option.check(where, name, given as never)
  }
  const counts = given === undefined || !isGiven(options, name) ? option.fallback : given
  return counts === undefined ? undefined : option.check(where, name, counts as never)
}

/** Whether it is the options' own, or of a class of theirs; what somebody gave to all objects does not count. */
function isGiven(options: object, name: string): boolean {
  for (
    let at: object | null = options;
    at !== null && at !== Object.prototype;
    at = Object.getPrototypeOf(at) as object | null
  )
    if (Object.hasOwn(at, name)) return true
  return false
}

/** The options that make a thing with these values again, as plain data. @throws MyelinError ERR_FORMAT for what no config can hold */
export function tellOptions<S extends AnySchema>(
  schema: S,
  values: ValuesOf<S>,
  where: string,
): Record<string, unknown> {
  const told = Object.entries(schema).map(([name, { tell }]) => [
    name,
    tell((values as Record<string, unknown>)[name] as never, where, name),
  ])
  return Object.fromEntries(told.filter(([, value]) => value !== undefined))
}

/** A registry, as far as an option needs it. */
interface Chooser<Value> {
  get(given: unknown, where: string): Value
  config(value: Value, where: string, option: string): object | string
}

/** An option that chooses from a registry: by name, by config or as a function. */
export const choice = <Given, Value>(registry: Chooser<Value>, fallback: Given): OptionalOption<Given, Value> => ({
  required: false,
  fallback,
  check: (where, _, given) => registry.get(given, where),
  tell: (value, where, option) => registry.config(value, where, option),
})

/** An option that chooses from a registry, or nothing. Given is what may be given. */
export const choiceOrNone = <Given, Value>(registry: Chooser<Value>): OptionalOption<Given | null, Value | null> => ({
  required: false,
  fallback: null,
  check: (where, _, given) => (given === null ? null : registry.get(given, where)),
  tell: (value, where, option) => (value === null ? undefined : registry.config(value, where, option)),
})

/** A finite number from `least`, or if `most` is given up to that. */
export const from =
  (least: number, most?: number): Check<number, number> =>
  (where, option, given) =>
    checkRange(where, option, given, least, most)

/** A finite number above a bound. */
export const above =
  (bound: number): Check<number, number> =>
  (where, option, given) =>
    checkAbove(where, option, given, bound)

/** A whole number from `least`. */
export const whole =
  (least: number): Check<number, number> =>
  (where, option, given) =>
    checkWhole(where, option, given, least)

/** One of some words. */
export const oneOf =
  <Word extends string>(...words: readonly Word[]): Check<Word, Word> =>
  (where, option, given) => {
    if (words.includes(given)) return given
    throw wrong(where, `${option} must be ${words.slice(0, -1).join(', ')} or ${words.at(-1)}, got ${show(given)}`)
  }

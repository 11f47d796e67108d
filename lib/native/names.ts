import { MyelinError } from './error.js'

/**
 * The entry of a table of choices by its name.
 * @param kind what the table holds, for the message: `activation`
 * @param where what the message begins with: the layer or function that was given the name
 * @throws MyelinError ERR_ARGUMENT that lists the known names and the one that was probably meant
 */
export function lookUp<K extends string, T>(
  table: Readonly<Record<K, T>>,
  name: unknown,
  kind: string,
  where: string,
): T {
  if (typeof name === 'string' && Object.hasOwn(table, name)) return table[name as K]
  const known = Object.keys(table)
  const meant = typeof name === 'string' ? nearest(name, known) : undefined
  const factory = known.find((entry) => typeof name === 'function' && table[entry as K] === name)
  const given = typeof name === 'function' ? 'function' : show(name)
  const hint =
    meant !== undefined
      ? ` Did you mean "${meant}"?`
      : factory !== undefined
        ? ` ${factory} makes one: give ${factory}().`
        : ''
  throw new MyelinError('ERR_ARGUMENT', `[${where}] unknown ${kind} ${given}.${hint} Known: ${known.join(', ')}`)
}

/**
 * Refuses a choice that was given as the function that makes it, without the call: `initializers.heNormal`. Taken for a function of the
 * user's own it would fail later, or compute something else.
 * @param table the registry's name and its entries
 * @throws MyelinError ERR_ARGUMENT that says how to call it
 */
export function refuseUncalled(
  table: string,
  entries: Readonly<Record<string, unknown>>,
  given: unknown,
  where: string,
): void {
  if (typeof given !== 'function') return
  const found = Object.entries(entries).find(([, made]) => made === given)
  if (found === undefined) return
  const [name] = found
  throw new MyelinError('ERR_ARGUMENT', `[${where}] ${table}.${name} makes one: give ${table}.${name}(…), or "${name}"`)
}

/**
 * Refuses what is no plain object of options, or has one that is not known: a misspelt option must not pass for the default.
 * @throws MyelinError ERR_ARGUMENT that names the option, the known ones and the one that was probably meant
 */
export function checkOptions(options: object, known: readonly string[], where: string): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new MyelinError('ERR_ARGUMENT', `[${where}] the options must be an object, got ${show(options)}`)
  for (const name of Object.keys(options))
    if (!known.includes(name)) lookUp(Object.fromEntries(known.map((option) => [option, true])), name, 'option', where)
}

/** A value in few words: of an object its class, not its contents. */
function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  return `an object of ${value.constructor?.name ?? 'no class'}`
}

/**
 * The known name that was probably meant: the same but for case and underscores (`he_normal`), the only one that begins so (`acc`)
 * or has these initials (`mse`), or the one that is one or two slips away.
 */
function nearest(name: string, known: readonly string[]): string | undefined {
  const plain = (text: string): string => text.replace(/[^a-z0-9]/gi, '').toLowerCase()
  const given = plain(name)
  const same = known.find((candidate) => plain(candidate) === given)
  const short = known.filter((candidate) => plain(candidate).startsWith(given) || initials(candidate) === given)
  if (same !== undefined || (short.length === 1 && given.length >= 3)) return same ?? short[0]
  let best: string | undefined
  let least = Math.min(3, Math.ceil(given.length / 2))
  for (const candidate of known) {
    const distance = editDistance(given, plain(candidate))
    if (distance < least) [best, least] = [candidate, distance]
  }
  return best
}

/** `mse` of `meanSquaredError`. */
const initials = (name: string): string => name.replace(/(?<=.)[^A-Z]/g, '').toLowerCase()

/** How many letters must be inserted, deleted, replaced or swapped with their neighbour (Damerau–Levenshtein). */
function editDistance(a: string, b: string): number {
  const d: number[][] = []
  const at = (i: number, j: number): number => d[i]?.[j] ?? Number.POSITIVE_INFINITY
  for (let i = 0; i <= a.length; i++) {
    d.push([])
    for (let j = 0; j <= b.length; j++) {
      const replaced = at(i - 1, j - 1) + Number(a[i - 1] !== b[j - 1])
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY
      d[i]?.push(i + j === 0 ? 0 : Math.min(replaced, swapped, at(i - 1, j) + 1, at(i, j - 1) + 1))
    }
  }
  return at(a.length, b.length)
}

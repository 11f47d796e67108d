import { copyOf } from './copies.js'
import { MyelinError } from './error.js'
import { own } from './records.js'
import { inWords, listed, show } from './show.js'

/**
 * The entry of a table of choices by its name.
 * @param kind what the table holds, for the message: `activation`
 * @param where what the message begins with: the layer or function that was given the name
 * @param aliases other names of entries, by which people know them
 * @throws MyelinError ERR_ARGUMENT that lists the known names and the one that was probably meant
 */
export function lookUp<K extends string, T>(
  table: Readonly<Record<K, T>>,
  name: unknown,
  kind: string,
  where: string,
  aliases: Readonly<Record<string, K>> = {},
): T {
  if (typeof name === 'string') {
    const entry = own(aliases, name) ?? name
    if (Object.hasOwn(table, entry)) return table[entry as K]
  }
  const known = Object.keys(table)
  throw new MyelinError(
    'ERR_ARGUMENT',
    `[${where}] unknown ${kind} ${show(name)}.${didYouMean(name, known)} Known: ${listed(known)}`,
  )
}

/** ` Did you mean "relu"?`, to stand behind the sentence that refuses a name; empty where it is near none of the known ones. */
export function didYouMean(name: unknown, known: readonly string[]): string {
  const meant = typeof name === 'string' ? nearest(name, known).map((candidate) => `"${candidate}"`) : []
  const last = meant.pop()
  if (last === undefined) return ''
  return ` Did you mean ${meant.length === 0 ? '' : `${meant.join(', ')} or `}${last}?`
}

/**
 * Refuses what is no plain object of options, or has one that is not known: a misspelt option must not pass for the default.
 * @param main the option that is meant where something else is given in the place of options: `units` in `dense(10)`
 * @throws MyelinError ERR_ARGUMENT that names the option, the known ones and the one that was probably meant
 */
export function checkOptions(options: object, known: readonly string[], where: string, main?: string): void {
  if (!isOptions(options)) {
    const hint = main === undefined ? '' : `; write { ${main}: ${options === undefined ? '…' : show(options)} }`
    throw new MyelinError('ERR_ARGUMENT', `[${where}] the options must be an object, got ${show(options)}${hint}`)
  }
  for (const name of Object.keys(options))
    if (!known.includes(name)) lookUp(Object.fromEntries(known.map((option) => [option, true])), name, 'option', where)
}

/** Whether it is an object, and not one that stands for a value: an array, a tensor, a layer. */
const isOptions = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !ArrayBuffer.isView(value) &&
  !(inWords in value) &&
  copyOf(value) === null

/** Options by names that they had in the course of time, in letters alone. */
const formerly: Readonly<Record<string, string>> = {
  inputdim: 'inputShape',
  batchinputshape: 'inputShape',
  nbepoch: 'epochs',
  outputdim: 'units',
  p: 'rate',
  prob: 'rate',
}

/**
 * The known names that were probably meant, at most three: by the first of these rules that finds any. The same but for case,
 * underscores and dashes (`he_normal`), or a former name (`input_dim`); those that begin so (`acc`), or that it is short for (`lr`, `mse`, `bce`); the ones that
 * are the fewest slips away, two at most; those that have the word in them (`crossEntropy`), or else the longest that begins
 * it (`huber_loss`).
 */
function nearest(name: string, known: readonly string[]): string[] {
  // No name is so long, and comparing a text with each of them takes its length times theirs.
  if (name.length > longestName) return []
  const given = plain(name)
  const former = own(formerly, given)
  if (former !== undefined && known.includes(former)) return [former]
  if (given.length < 2) return []
  const some = given.length >= 3
  const begun = known.filter((candidate) => given.startsWith(plain(candidate)) && plain(candidate).length >= 2)
  const longest = Math.max(...begun.map((candidate) => plain(candidate).length))
  const rules = [
    () => known.filter((candidate) => plain(candidate) === given),
    () => known.filter((candidate) => (some && plain(candidate).startsWith(given)) || isShortFor(given, candidate)),
    () => fewestSlips(given, known),
    () => known.filter((candidate) => some && plain(candidate).includes(given)),
    () => begun.filter((candidate) => plain(candidate).length === longest),
  ]
  for (const rule of rules) {
    const found = rule()
    if (found.length > 0) return found.slice(0, 3)
  }
  return []
}

const longestName = 200

/** Letters and digits of any script, in lower case. */
const plain = (text: string): string => text.replace(/[^\p{L}\p{N}]/gu, '').toLowerCase()

/**
 * Whether a word is made of letters of a name of several words, in their order, the first of each word among them: `lr` of
 * `learningRate`, `mse` of `meanSquaredError`, `bce` of `binaryCrossentropy`.
 */
function isShortFor(given: string, name: string): boolean {
  const words = name.match(/\p{Lu}[^\p{Lu}_-]*|[^\p{Lu}_-]+/gu) ?? []
  if (words.length < 2) return false
  // How many of the given letters can be used up by the letters so far.
  let used = new Set([0])
  for (const word of words)
    for (const [i, letter] of [...plain(word)].entries()) {
      const taken = [...used].filter((n) => given[n] === letter).map((n) => n + 1)
      used = new Set(i === 0 ? taken : [...used, ...taken])
    }
  return used.has(given.length)
}

/**
 * The names that the fewest slips lead to, less than three and less than half of the letters; of two letters the second may differ. The
 * number behind a layer's name does not count.
 */
function fewestSlips(given: string, known: readonly string[]): string[] {
  if (given.length === 2) return known.filter((candidate) => candidate.length === 2 && plain(candidate)[0] === given[0])
  const slips = known.map((candidate) =>
    Math.min(editDistance(given, plain(candidate)), editDistance(given, plain(candidate.replace(/_\d+$/, '')))),
  )
  const least = Math.min(...slips)
  return least < Math.min(3, Math.ceil(given.length / 2)) ? known.filter((_, i) => slips[i] === least) : []
}

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

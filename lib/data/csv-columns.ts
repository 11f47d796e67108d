import { wrong } from '../core/check.js'
import { didYouMean } from '../core/names.js'
import { listed, show } from '../core/show.js'
import { bad, where } from './csv-error.js'

/** A column by its name in the header, or by its number from 0. */
export type CsvColumn = string | number

/** The columns of one file, by their names and numbers. */
export class CsvColumns {
  private readonly byName = new Map<string, number>()
  /** A second column of a name. */
  private readonly again = new Map<string, number>()
  /** How many cells a row must have: those of columns without a name at the end may be left out. */
  readonly least: number

  /** @param renaming how the columns can be named otherwise, for messages */
  constructor(
    private readonly names: readonly string[],
    private readonly file: string,
    private readonly renaming: string,
  ) {
    let least = 0
    for (const [i, name] of names.entries()) {
      if (name === '') continue
      least = i + 1
      if (!this.byName.has(name)) this.byName.set(name, i)
      else if (!this.again.has(name)) this.again.set(name, i)
    }
    this.least = least
  }

  get count(): number {
    return this.names.length
  }

  /**
   * The number of a column.
   * @throws MyelinError ERR_ARGUMENT for one that is not there, ERR_FORMAT for a name that two have
   */
  find(column: CsvColumn): number {
    if (typeof column === 'number') {
      if (column < this.count) return column
      throw wrong(where, `there is no column ${column}: ${this.file} has ${this.count}, numbered from 0`)
    }
    const found = this.byName.get(column)
    if (found === undefined)
      throw wrong(
        where,
        `unknown column ${show(column)}.${this.meant(column)} Known: ${this.known}${this.delimiterHint(this.names[0])}`,
      )
    if (this.again.has(column)) throw this.twice(column)
    return found
  }

  /** {@link find} by an object's key: a name that no column has may be a number. */
  findKey(key: string): number {
    const isNumber = !this.byName.has(key) && /^\d+$/.test(key)
    return this.find(isNumber ? Number(key) : key)
  }

  /** The numbers of all columns that have a name, save some. @throws MyelinError ERR_FORMAT where two have the same */
  allBut(left: ReadonlySet<number>): number[] {
    const all = this.names.flatMap((name, i) => (name === '' || left.has(i) ? [] : [i]))
    if (all.length === 0) throw wrong(where, `there is no column for x: ${this.file} has ${this.known}`)
    const twice = all.find((i) => this.again.has(this.names[i] as string))
    if (twice !== undefined) throw this.twice(this.names[twice] as string)
    return all
  }

  /** A column as options name it: by its number where its name does not do. */
  key(i: number): string {
    const name = this.names[i] as string
    // In { "__proto__": … } the name would be no key.
    return name === '' || name === '__proto__' || this.again.has(name) ? String(i) : show(name)
  }

  /** Other characters that may part the only cell that lines have. */
  delimiterHint(cell = ''): string {
    const delimiter = this.count === 1 ? /[,;|\t ]/.exec(cell)?.[0] : undefined
    return delimiter === undefined ? '' : `; if those are several cells, give delimiter: ${JSON.stringify(delimiter)}`
  }

  /** The names that there are, for messages. */
  private get known(): string {
    const unnamed = this.names.reduce((n, name) => n + Number(name === ''), 0)
    const named = this.byName.size === 0 ? [] : [listed([...this.byName.keys()], 20)]
    return [...named, ...(unnamed === 0 ? [] : [`${unnamed} without a name, to be given by number`])].join(', and ')
  }

  /** Long names, and the last of very many, are left out of the search. */
  private meant(column: string): string {
    const isShort = ({ length }: string): boolean => length <= 80
    return isShort(column) ? didYouMean(column, [...this.byName.keys()].filter(isShort).slice(0, 10_000)) : ''
  }

  private twice(name: string): Error {
    const [first, second] = [this.byName.get(name), this.again.get(name)]
    return bad(
      this.file,
      `has two columns named ${show(name)}: choose columns by number, as features: [${first}] or [${second}]; ${this.renaming}`,
    )
  }
}

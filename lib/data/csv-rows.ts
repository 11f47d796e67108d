import { show } from '../core/show.js'
import { type DType, elementArray } from '../tensor/dtype.js'
import type { CsvColumns } from './csv-columns.js'
import { bad } from './csv-error.js'
import type { CsvRecord } from './csv-records.js'

/** The kinds of value that cells can be read as. */
export type CsvDType = Exclude<DType, 'bool'>

/** A row of numbers in the array of their dtype. */
export type CsvRow<D extends CsvDType = CsvDType> = D extends 'int32'
  ? Int32Array
  : D extends 'uint8'
    ? Uint8Array
    : Float32Array

/** Makes a number of a cell. */
export type CsvConverter = (cell: string) => number

/** How the cells of a file become numbers. */
export interface CsvCells {
  /** The mark between a whole number and its fraction. */
  readonly decimal: string
  /** By the numbers of their columns. */
  readonly converters: ReadonlyMap<number, CsvConverter>
  /** Marks of a missing value: texts that are no numbers, and numbers. */
  readonly missingTexts: ReadonlySet<string>
  readonly missingNumbers: ReadonlySet<number>
  /** The treatment of such a cell: refuse it, leave out its row, or put a number in its place. */
  readonly onMissing: 'error' | 'skip' | number
}

/** Makes rows of numbers of some cells of records. */
export class CsvRows {
  private readonly converters: readonly (CsvConverter | undefined)[]

  /** @param indices the numbers of the columns */
  constructor(
    private readonly indices: readonly number[],
    private readonly dtype: CsvDType,
    private readonly cells: CsvCells,
    private readonly columns: CsvColumns,
    private readonly file: string,
  ) {
    this.converters = indices.map((index) => cells.converters.get(index))
  }

  /**
   * The row of a record; null where it is to be left out.
   * @param record a cell that it lacks is a missing one
   * @param hint what else may be wrong with that line, if it is not all numbers
   * @throws MyelinError ERR_FORMAT for what is no number of the dtype
   */
  read(record: CsvRecord, hint: string): CsvRow | null {
    const { indices, converters, dtype } = this
    const { cells } = record
    const { onMissing } = this.cells
    const row = elementArray(dtype, indices.length)
    for (let i = 0; i < indices.length; i++) {
      const cell = cells[indices[i] as number] ?? ''
      const value = this.numberOf(cell, converters[i])
      row[i] = value
      const held = row[i] as number
      if (typeof value === 'number' && (dtype === 'float32' ? Number.isFinite(held) : held === value)) continue
      if (onMissing === 'error' || !this.isMissing(cell, value, converters[i]))
        throw this.refusal(record, value, i, hint)
      if (onMissing === 'skip') return null
      row[i] = onMissing
    }
    return row
  }

  /** NaN for a missing cell, and for what is no number. */
  private numberOf(cell: string, convert: CsvConverter | undefined): number {
    const { decimal, missingNumbers } = this.cells
    const value = convert === undefined || !this.sees(cell) ? toNumber(cell, decimal) : convert(cell)
    return missingNumbers.size > 0 && missingNumbers.has(value) ? Number.NaN : value
  }

  /** Whether a converter is asked about a cell: about missing ones only where nothing else is to be done about them. */
  private sees(cell: string): boolean {
    return this.cells.onMissing === 'error' || !this.cells.missingTexts.has(cell.trim())
  }

  private isMissing(cell: string, value: number, convert: CsvConverter | undefined): boolean {
    const { decimal, missingTexts, missingNumbers } = this.cells
    if (!Number.isNaN(value)) return false
    return convert !== undefined || missingTexts.has(cell.trim()) || missingNumbers.has(toNumber(cell, decimal))
  }

  private refusal(record: CsvRecord, value: number, i: number, hint: string): Error {
    const { columns, dtype, file } = this
    const cell = record.cells[this.indices[i] as number] ?? ''
    const convert = this.converters[i]
    const key = columns.key(this.indices[i] as number)
    const found = `line ${record.line}, column ${key}: ${show(cell)}`
    const remedy =
      "give onMissing: 'skip' to leave such rows out, or onMissing: a number to put in the place of missing cells"
    if (convert !== undefined && this.sees(cell)) {
      const advice = Number.isNaN(value) && hint === '' ? `; if it is missing, ${remedy}` : hint
      return bad(file, `${found} was converted to ${show(value)}, which is not a finite ${dtype}${advice}`)
    }
    if (this.isMissing(cell, value, convert)) return bad(file, `${found} is missing; ${remedy}`)
    const advice = `give converters: { ${key}: (cell) => … }, or leave the column out of features; if it stands for a missing cell, give missingValues: [${show(cell)}] and onMissing`
    const kind = dtype === 'float32' ? 'number' : `${dtype} number`
    return bad(file, `${found} is not a finite ${kind}${hint === '' ? this.hint(cell) : hint}; ${advice}`)
  }

  /** A hint at the options by the look of a cell. */
  private hint(cell: string): string {
    if (this.cells.decimal === '.' && /^[+-]?\d*,\d+$/.test(cell))
      return "; if the comma parts a fraction, give decimal: ','"
    return this.columns.delimiterHint(cell)
  }
}

/** The number that a cell is in decimal notation; NaN for all else. */
export function toNumber(cell: string, decimal: string): number {
  const value = shortNumber(cell, decimal.charCodeAt(0))
  if (!Number.isNaN(value)) return value
  const text = decimal === '.' ? cell : cell.replace('.', 'x').replace(decimal, '.')
  return /^\s*[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?\s*$/i.test(text) ? Number(text) : Number.NaN
}

/**
 * The number that is written in at most 15 characters without an exponent, as most cells are; NaN for all else. Its digits and the power
 * of ten are exact, so the quotient is what `Number` gives. That takes three times as long, a quarter of the time of csv-parse itself.
 */
function shortNumber(text: string, point: number): number {
  const { length } = text
  const begin = text.charCodeAt(0) === 0x2d ? 1 : 0
  if (length === begin || length > 15) return Number.NaN
  let [digits, scale] = [0, 0]
  for (let i = begin; i < length; i++) {
    const code = text.charCodeAt(i)
    if (code >= 0x30 && code <= 0x39) {
      digits = 10 * digits + code - 0x30
      scale *= 10
    } else if (code === point && scale === 0 && length > begin + 1) scale = 1
    else return Number.NaN
  }
  const value = digits / (scale || 1)
  return begin === 0 ? value : -value
}

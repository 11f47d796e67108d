import { checkFlag, checkWhole, wrong } from '../core/check.js'
import { isListOf } from '../core/kinds.js'
import { checkOptions } from '../core/names.js'
import { show } from '../core/show.js'
import { checkDType, elementArray } from '../tensor/dtype.js'
import type { CsvColumn } from './csv-columns.js'
import { where } from './csv-error.js'
import type { CsvConverter, CsvDType } from './csv-rows.js'

export interface CsvOptions<F extends CsvDType = CsvDType, Y extends CsvDType = CsvDType> {
  /** The columns that x is made of, in this order. Default: all that have a name, but for the target. */
  features?: readonly CsvColumn[]
  /** The column of y, then a number a sample, or several, then one row. Default: there is no y. */
  target?: CsvColumn | readonly CsvColumn[]
  /**
   * Whether the first line names the columns; or their names, for a file whose first line does not. Default true. Where two
   * columns have one name, or one has none, options give their numbers.
   */
  header?: boolean | readonly string[]
  /** Whether the file has a header that the names given as `header` take the place of. Default false. */
  replaceHeader?: boolean
  /** How many lines at the beginning of the file are passed over, before the header. Default 0. */
  skipLines?: number
  /** The delimiter between cells. A single space stands for any run of spaces and tabs. Default a comma. */
  delimiter?: string
  /**
   * The quote around cells that contain a delimiter, a line break or quotes; doubled, it stands for itself. Where it is `''`, quotes
   * are characters like any other. Default `"`.
   */
  quote?: string
  /** The mark between a whole number and its fraction, in cells that no converter reads: `,` in many countries. Default a point. */
  decimal?: string
  /** The encoding of bytes that begin with no byte-order mark, as `TextDecoder` names it. Default 'utf-8'. */
  encoding?: string
  /**
   * By column, what makes a number of a cell that is none: `{ sex: (cell) => Number(cell === 'f') }`. Of a missing cell it is
   * asked only where there is no `onMissing`; NaN says that the cell is missing. A name that two columns have, or none, is given as a
   * number: `{ 3: … }`.
   */
  converters?: Readonly<Record<string, CsvConverter>>
  /**
   * The treatment of a missing cell of a column that is read: 'error' (default) refuses it, 'skip' leaves out its row, a number
   * takes its place: NaN for `filter` or `map` to see to it. Cells that a short row lacks are missing, too.
   */
  onMissing?: 'error' | 'skip' | number
  /**
   * The cells that are missing, beside empty ones and those that pandas takes for it (`NA`, `N/A`, `NaN`, `null`, `None` …): texts,
   * such as `?`, or numbers, such as -200, however they are written.
   */
  missingValues?: readonly (string | number)[]
  /**
   * float32 (default), int32 or uint8. To float32 numbers are rounded, as in NumPy and PyTorch: whole numbers from 2²⁴ = 16,777,216
   * on may lose their last digits, which int32 keeps up to 2³¹ − 1. What int32 or uint8 does not hold exactly is refused.
   */
  dtypes?: { features?: F; target?: Y }
}

/** Refuses wrong options. @throws MyelinError ERR_ARGUMENT, ERR_DTYPE */
export function checkCsvOptions(options: CsvOptions): void {
  checkOptions(options, optionNames, where)
  const { features, target, header = true, replaceHeader = false, skipLines = 0, encoding = 'utf-8' } = options
  const { converters = {}, dtypes = {}, missingValues = [] } = options
  if (features !== undefined && !isListOfColumns(features))
    throw wrong(
      where,
      `features must be an array of at least one column, by name or number from 0, got ${show(features)}`,
    )
  if (target !== undefined && !isColumn(target) && !isListOfColumns(target))
    throw wrong(where, `target must be a column, by name or number from 0, or an array of columns, got ${show(target)}`)
  if (typeof header !== 'boolean' && !(isListOf(header, (name) => typeof name === 'string') && header.length > 0))
    throw wrong(where, `header must be true, false or an array of names, got ${show(header)}`)
  checkFlag(where, 'replaceHeader', replaceHeader)
  if (replaceHeader && typeof header === 'boolean')
    throw wrong(where, 'replaceHeader: true needs the names to put in its place: header: [names]')
  checkWhole(where, 'skipLines', skipLines, 0)
  checkFormat(options)
  checkEncoding(encoding)
  checkConverters(converters)
  if (!isListOf(missingValues, (value) => typeof value === 'string' || typeof value === 'number'))
    throw wrong(where, `missingValues must be an array of texts and numbers, got ${show(missingValues)}`)
  checkOptions(dtypes, ['features', 'target'], where)
  for (const dtype of [dtypes.features, dtypes.target])
    if (dtype !== undefined && (checkDType(dtype, where) as string) === 'bool')
      throw wrong(where, 'cells cannot be read as bool')
  checkOnMissing(options)
}

const optionNames = [
  'features',
  'target',
  'header',
  'replaceHeader',
  'skipLines',
  'delimiter',
  'quote',
  'decimal',
  'encoding',
  'converters',
  'onMissing',
  'missingValues',
  'dtypes',
] as const satisfies (keyof CsvOptions)[]

function checkFormat({ delimiter = ',', quote = '"', decimal = '.' }: CsvOptions): void {
  if (typeof quote !== 'string' || quote.length > 1 || /[\r\n]/.test(quote))
    throw wrong(where, `quote must be one character, or '' for none, got ${show(quote)}`)
  if (typeof delimiter !== 'string' || delimiter === '' || delimiter === '\\s+' || /[\r\n]/.test(delimiter))
    throw wrong(
      where,
      `delimiter must be a text without line ends, a single space for runs of spaces and tabs, got ${show(delimiter)}`,
    )
  if (quote !== '' && delimiter.includes(quote))
    throw wrong(where, `quote must be a character that the delimiter ${show(delimiter)} has not, got ${show(quote)}`)
  if (typeof decimal !== 'string' || !/^[^\w\s+-]$/.test(decimal) || delimiter.includes(decimal) || decimal === quote)
    throw wrong(
      where,
      `decimal must be a character such as '.' or ',', other than the delimiter ${show(delimiter)}, got ${show(decimal)}`,
    )
}

function checkEncoding(encoding: string): void {
  try {
    new TextDecoder(encoding, { fatal: true })
  } catch (cause) {
    throw wrong(where, `encoding must be one that TextDecoder knows, such as 'utf-8', got ${show(encoding)}`, { cause })
  }
}

function checkConverters(converters: Readonly<Record<string, CsvConverter>>): void {
  if (typeof converters !== 'object' || converters === null || Array.isArray(converters))
    throw wrong(where, `converters must be an object of functions by column, got ${show(converters)}`)
  if (typeof Object.getPrototypeOf(converters) === 'function')
    throw wrong(where, 'a converter of the column "__proto__" is written as { [\'__proto__\']: (cell) => … }')
  for (const [column, convert] of Object.entries(converters))
    if (typeof convert !== 'function')
      throw wrong(where, `the converter of ${show(column)} must be a function, got ${show(convert)}`)
}

function checkOnMissing({ onMissing = 'error', dtypes = {} }: CsvOptions): void {
  if (onMissing === 'error' || onMissing === 'skip') return
  if (typeof onMissing !== 'number')
    throw wrong(where, `onMissing must be 'error', 'skip' or a number, got ${show(onMissing)}`)
  for (const dtype of [dtypes.features ?? 'float32', dtypes.target ?? 'float32']) {
    const row = elementArray(dtype, 1)
    row[0] = onMissing
    if (dtype === 'float32' ? !Number.isFinite(row[0]) && !Number.isNaN(onMissing) : row[0] !== onMissing)
      throw wrong(where, `onMissing ${onMissing} cannot be held by ${dtype}`)
  }
}

const isColumn = (column: unknown): boolean =>
  typeof column === 'string' || (Number.isSafeInteger(column) && (column as number) >= 0)

const isListOfColumns = (columns: unknown): boolean => isListOf(columns, isColumn) && columns.length > 0

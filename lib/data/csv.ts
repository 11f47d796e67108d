import { createReadStream } from 'node:fs'
import { pipeline, Readable } from 'node:stream'
import { wrong } from '../native/check.js'
import { MyelinError } from '../native/error.js'
import { checkOptions, lookUp } from '../native/names.js'
import { checkDType, type DType, elementArray } from '../tensor/dtype.js'
import { once } from './iterable.js'
import type { ShapedArray } from './source.js'

/** A file's path, or text or bytes as they come. */
export type CsvSource = string | URL | AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>

/** A column by its name in the header, or by its number from 0. */
export type CsvColumn = string | number

export interface CsvOptions {
  /** The columns that x is made of, in this order. Default: all but the target. */
  features?: readonly CsvColumn[]
  /** The column of y, then a number a sample, or several, then one row. Default: there is no y. */
  target?: CsvColumn | readonly CsvColumn[]
  /** Whether the first line names the columns, or their names if it does not. Default true. */
  header?: boolean | readonly string[]
  /** What parts the cells. Default a comma. */
  delimiter?: string
  /** What encloses cells that contain a delimiter or a line break; doubled, it stands for itself. Default `"`. */
  quote?: string
  /** By column, what makes a number of a cell that is none: `{ sex: (cell) => Number(cell === 'f') }`. */
  converters?: Readonly<Record<string, (cell: string) => number>>
  /** float32 (default), int32 or uint8; values that do not fit are refused. */
  dtypes?: { features?: DType; target?: DType }
}

/** One sample of a CSV file. */
export type CsvSample = Features | [x: Features, y: number | ShapedArray]

type Features = ReturnType<typeof elementArray>

/** What reads a file's samples from the beginning. @throws MyelinError ERR_ARGUMENT, ERR_DTYPE for wrong options */
export function csvSamples(source: CsvSource, options: CsvOptions): () => Promise<AsyncIterable<CsvSample>> {
  const checked = checkCsvOptions(options)
  if (typeof source === 'string' || source instanceof URL)
    return async () => readSamples(createReadStream(source), checked, String(source))
  if (typeof source !== 'object' || source === null || !(Symbol.asyncIterator in source || Symbol.iterator in source))
    throw wrong(where, `needs a path or a stream, got ${source === null ? 'null' : typeof source}`)
  const open = once(source, where)
  return async () => {
    const given = await open()
    return readSamples(given instanceof Readable ? given : Readable.from(given), checked, 'the stream')
  }
}

const where = 'Dataset.fromCsv'

async function* readSamples(input: Readable, options: CsvOptions, name: string): AsyncGenerator<CsvSample> {
  const { delimiter = ',', quote = '"' } = options
  const toSample = sampleMaker(options, name)
  // Most programs that import the library read no CSV.
  const { parse } = await import('csv-parse')
  const parser = parse({
    delimiter,
    quote,
    bom: true,
    trim: true,
    skip_empty_lines: true,
    relax_column_count: true,
    // The number of its line goes behind the cells, for messages.
    on_record: (cells, { lines }) => [...cells, String(lines)],
  })
  // An error reaches the parser, whose reader sees it.
  pipeline(input, parser, () => {})
  try {
    for await (const record of parser as AsyncIterable<string[]>) {
      const line = Number(record.pop())
      const sample = toSample(record, line)
      if (sample !== null) yield sample
    }
  } catch (error) {
    throw isForeign(error) ? bad(name, (error as Error).message, error) : error
  } finally {
    parser.destroy()
    input.destroy()
  }
}

/** An error of the parser or of the file system, as against a converter's or our own. */
const isForeign = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'CsvError' || 'syscall' in error || error.constructor.name === 'CsvError')

/** What makes a sample of a record; the first one may be the header, of which there is none. */
function sampleMaker(options: CsvOptions, name: string): (cells: string[], line: number) => CsvSample | null {
  const { header = true } = options
  let layout = Array.isArray(header) ? layOut(header, options, name) : null
  return (cells, line) => {
    if (layout === null) {
      layout = layOut(header === true ? cells : cells.map((_, i) => String(i)), options, name)
      if (header === true) return null
    }
    const { width, features, targets, single } = layout
    if (cells.length !== width)
      throw bad(
        name,
        `line ${line} has ${cells.length} cells in place of ${width}; quote cells that contain the delimiter`,
      )
    const x = toRow(cells, features, line, name)
    if (targets === null) return x
    const y = toRow(cells, targets, line, name)
    if (!single) return [x, { data: y, shape: [y.length] }]
    return [x, targets.dtype === 'float32' ? (y[0] as number) : { data: y, shape: [] }]
  }
}

interface Cells {
  columns: readonly { index: number; name: string; convert?: (cell: string) => number }[]
  dtype: DType
}

interface Layout {
  width: number
  features: Cells
  targets: Cells | null
  single: boolean
}

/** Which cell goes where, once the columns' names are known. */
function layOut(names: readonly string[], options: CsvOptions, name: string): Layout {
  const { target, converters = {}, dtypes = {} } = options
  const twice = names.find((column, i) => names.indexOf(column) !== i)
  if (twice !== undefined) throw bad(name, `has two columns named "${twice}"; give header: [names]`)
  const known = Object.fromEntries(names.map((column, i) => [column, i]))
  const find = (column: CsvColumn): number => {
    if (typeof column === 'string') return lookUp(known, column, 'column', where)
    if (Number.isInteger(column) && column >= 0 && column < names.length) return column
    throw wrong(where, `there is no column ${String(column)}: ${name} has ${names.length}, numbered from 0`)
  }
  for (const column of Object.keys(converters)) find(column)
  const cells = (indices: readonly number[], dtype: DType = 'float32'): Cells => ({
    columns: indices.map((index) => ({
      index,
      name: names[index] as string,
      convert: converters[names[index] as string],
    })),
    dtype,
  })
  const targets = target === undefined ? [] : Array.isArray(target) ? target.map(find) : [find(target as CsvColumn)]
  const features = options.features?.map(find) ?? names.map((_, i) => i).filter((i) => !targets.includes(i))
  if (features.length === 0) throw wrong(where, `there is no column for x: ${name} has ${names.join(', ')}`)
  return {
    width: names.length,
    features: cells(features, dtypes.features),
    targets: targets.length === 0 ? null : cells(targets, dtypes.target),
    single: !Array.isArray(target),
  }
}

function toRow(cells: readonly string[], { columns, dtype }: Cells, line: number, file: string): Features {
  const row = elementArray(dtype, columns.length)
  for (let i = 0; i < columns.length; i++) {
    const { index, name, convert } = columns[i] as Cells['columns'][number]
    const cell = cells[index] as string
    const value = convert === undefined ? (cell === '' ? Number.NaN : Number(cell)) : convert(cell)
    row[i] = value
    if (typeof value === 'number' && (dtype === 'float32' ? Number.isFinite(row[i]) : row[i] === value)) continue
    const found = `line ${line}, column "${name}": "${cell}"`
    if (convert !== undefined)
      throw bad(file, `${found} was converted to ${String(value)}, which is not a finite ${dtype}`)
    throw bad(
      file,
      `${found} is not a finite ${dtype === 'float32' ? 'number' : `${dtype} number`}; give converters: { "${name}": (cell) => … }, or leave the column out of features`,
    )
  }
  return row
}

function checkCsvOptions(options: CsvOptions): CsvOptions {
  checkOptions(options, ['features', 'target', 'header', 'delimiter', 'quote', 'converters', 'dtypes'], where)
  const { features, header = true, delimiter = ',', quote = '"', converters = {}, dtypes = {} } = options
  if (features !== undefined && !(Array.isArray(features) && features.length > 0))
    throw wrong(where, `features must be an array of at least one column, got ${String(features)}`)
  if (typeof header !== 'boolean' && !(Array.isArray(header) && header.every((column) => typeof column === 'string')))
    throw wrong(where, `header must be true, false or an array of names, got ${String(header)}`)
  if (typeof delimiter !== 'string' || delimiter === '')
    throw wrong(where, `delimiter must be a text, got ${JSON.stringify(delimiter)}`)
  if (typeof quote !== 'string' || quote.length !== 1 || quote === delimiter)
    throw wrong(where, `quote must be one character other than the delimiter, got ${JSON.stringify(quote)}`)
  checkOptions(converters, Object.keys(converters), where)
  for (const [column, convert] of Object.entries(converters))
    if (typeof convert !== 'function')
      throw wrong(where, `the converter of "${column}" must be a function, got ${String(convert)}`)
  checkOptions(dtypes, ['features', 'target'], where)
  for (const dtype of [dtypes.features, dtypes.target])
    if (dtype !== undefined && checkDType(dtype, where) === 'bool') throw wrong(where, 'cells cannot be read as bool')
  return options
}

function bad(name: string, what: string, cause?: unknown): MyelinError {
  return new MyelinError('ERR_FORMAT', `[${where}] ${name}: ${what}`, { cause })
}

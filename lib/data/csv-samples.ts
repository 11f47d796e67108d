import { CsvColumns } from './csv-columns.js'
import { bad } from './csv-error.js'
import type { CsvOptions } from './csv-options.js'
import type { CsvRecord } from './csv-records.js'
import { type CsvCells, type CsvDType, type CsvRow, CsvRows, toNumber } from './csv-rows.js'
import type { ShapedArray } from './source.js'

/** One sample of a CSV file. */
export type CsvSample = CsvRow | [x: CsvRow, y: number | ShapedArray]

/** Where the cells of a record go. */
interface Layout {
  columns: CsvColumns
  features: CsvRows
  targets: CsvRows | null
}

/** Makes samples of the records of one file, of which the first may be its header. */
export class CsvSamples {
  private layout: Layout | null = null
  private rows = 0
  private samples = 0

  /** @param options that were checked */
  constructor(
    private readonly options: CsvOptions,
    private readonly file: string,
  ) {}

  /**
   * The sample of a record; null for the header, and for a row that is left out.
   * @throws MyelinError ERR_FORMAT for a row that is not like the others or holds what is no number, ERR_ARGUMENT for options that
   *   name columns which are not there
   */
  take(record: CsvRecord): CsvSample | null {
    const { cells } = record
    if (this.layout === null) {
      const { header = true, replaceHeader = false } = this.options
      this.layout = this.layOut(header === true ? cells : header === false ? cells.map((_, i) => String(i)) : header)
      if (replaceHeader) this.checkWidth(record, this.layout.columns)
      if (header === true || replaceHeader) return null
    }
    const { columns, features, targets } = this.layout
    if (cells.length !== columns.count) this.checkWidth(record, columns)
    const hint = this.rows++ === 0 ? this.firstRowHint() : ''
    const x = features.read(record, hint)
    const y = x === null || targets === null ? null : targets.read(record, hint)
    if (x === null || (targets !== null && y === null)) return null
    this.samples++
    return y === null ? x : [x, this.targetOf(y)]
  }

  /** Says that there are no more records. @throws MyelinError ERR_FORMAT if there was no sample */
  end(): void {
    const { rows, samples, file } = this
    if (samples > 0) return
    if (rows > 0)
      throw bad(file, `each of its rows, ${rows}, has a missing cell, so that onMissing: 'skip' leaves none`)
    const { skipLines = 0 } = this.options
    const what = this.layout === null ? 'is empty' : 'has no rows below its header'
    throw bad(file, skipLines === 0 ? what : `${what}, skipLines being ${skipLines}`)
  }

  private targetOf(y: CsvRow): number | ShapedArray {
    if (Array.isArray(this.options.target)) return { data: y, shape: [y.length] }
    return y instanceof Float32Array ? (y[0] as number) : { data: y, shape: [] }
  }

  /** A row may lack cells of columns without a name at the end, or any if missing ones are seen to, and have empty ones more. */
  private checkWidth(record: CsvRecord, { count, least }: CsvColumns): void {
    const { onMissing = 'error' } = this.options
    const { cells } = record
    const { length } = cells
    if (length < count ? length >= least || onMissing !== 'error' : cells.slice(count).every((cell) => cell === ''))
      return
    const advice = length < count ? 'give onMissing if cells may be missing' : 'quote cells that contain the delimiter'
    throw bad(this.file, `line ${record.line} has ${length} cells in place of ${count}; ${advice}`)
  }

  /** A guess at what is wrong with the options if the first row is not all numbers. */
  private firstRowHint(): string {
    const { header = true, replaceHeader = false } = this.options
    if (header === true || replaceHeader) return ''
    return `; if that line is the header, ${header === false ? 'leave header: false out' : 'give replaceHeader: true'}`
  }

  private layOut(names: readonly string[]): Layout {
    const { options, file } = this
    const { target, dtypes = {} } = options
    const renaming =
      typeof options.header === 'object' ? 'or name them apart' : 'or give names: header: [names], replaceHeader: true'
    const columns = new CsvColumns(names, file, renaming)
    const given = target === undefined ? [] : Array.isArray(target) ? target : [target]
    const targets = given.map((column) => columns.find(column))
    const features = options.features?.map((column) => columns.find(column)) ?? columns.allBut(new Set(targets))
    const cells = cellsOf(options, columns)
    const rows = (indices: readonly number[], dtype: CsvDType = 'float32'): CsvRows =>
      new CsvRows(indices, dtype, cells, columns, file)
    return {
      columns,
      features: rows(features, dtypes.features),
      targets: targets.length === 0 ? null : rows(targets, dtypes.target),
    }
  }
}

function cellsOf(options: CsvOptions, columns: CsvColumns): CsvCells {
  const { decimal = '.', onMissing = 'error', converters = {}, missingValues = [] } = options
  const given = missingValues.map((value) => (typeof value === 'string' ? value.trim() : value))
  const numberOf = (value: string | number): number => (typeof value === 'number' ? value : toNumber(value, decimal))
  return {
    decimal,
    onMissing,
    converters: new Map(Object.entries(converters).map(([key, convert]) => [columns.findKey(key), convert])),
    missingTexts: new Set([...missingTexts, ...given.filter((value) => typeof value === 'string')]),
    missingNumbers: new Set(given.map(numberOf).filter((value) => !Number.isNaN(value))),
  }
}

/** Texts that pandas takes for a missing cell. */
const missingTexts =
  '|#N/A|#N/A N/A|#NA|-1.#IND|-1.#QNAN|-NaN|-nan|1.#IND|1.#QNAN|<NA>|N/A|NA|NULL|NaN|None|n/a|nan|null'.split('|')

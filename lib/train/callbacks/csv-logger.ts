import { type FileHandle, open } from 'node:fs/promises'
import { checkFlag, checkWhole, wrong } from '../../core/check.js'
import { isListOf } from '../../core/kinds.js'
import { optional, parseOptions, type Schema, type ValuesOf } from '../../core/schema.js'
import { listed, show } from '../../core/show.js'
import { recordsOf } from '../../data/csv-records.js'
import { checkState, State } from '../../tensor/state.js'
import type { Logs } from '../assessment.js'
import type { Callback, TrainingRun } from './callback.js'
import { checkIndex, checkLogs, checkRun } from './hook-arguments.js'

export interface CsvLoggerOptions {
  /** The separator of columns: one character, no quote or line end. Default a comma. */
  separator?: string
  /**
   * Whether to go on behind what the file holds, which must have the columns of this run, in any order; a run of other figures is
   * refused. Default false: it is written anew.
   */
  append?: boolean
}

const schema = {
  separator: optional(checkSeparator, ','),
  append: optional(checkFlag, false),
} satisfies Schema<CsvLoggerOptions>

function checkSeparator(where: string, option: string, given: string): string {
  if (typeof given === 'string' && given.length === 1 && !/["\r\n]/.test(given)) return given
  throw wrong(where, `${option} must be one character, no quote or line end, got ${show(given)}`)
}

/** The callback that {@link csvLogger} makes. */
export class CsvLogger implements Callback {
  /** The options, checked and with defaults. */
  readonly options: ValuesOf<typeof schema, CsvLoggerOptions>
  private file: FileHandle | null = null
  private columns: readonly string[] | null = null
  /** Whether the columns are those of a file that is appended to, to which nothing has been written yet. */
  private found = false
  /** How many bytes of what the file held are kept; what is behind goes before anything is written. Null: that is done. */
  private kept: number | null = null
  /** How long the file is. */
  private bytes = 0
  /** The text that must be written first: the end of the last line that is there. */
  private lineEnd = ''

  constructor(
    private readonly path: string,
    options: CsvLoggerOptions = {},
  ) {
    if (typeof path !== 'string' || path === '')
      throw wrong('csvLogger', `path must be a file's name, got ${show(path)}`)
    this.options = parseOptions(schema, options, 'csvLogger')
  }

  async onTrainBegin(_?: Logs, run?: TrainingRun): Promise<void> {
    await this.onTrainEnd()
    this.columns = null
    this.found = false
    this.lineEnd = ''
    try {
      this.file = await open(this.path, 'a+')
      this.bytes = this.options.append ? (await this.file.stat()).size : 0
    } catch (error) {
      throw wrong('csvLogger', `cannot write to ${show(this.path)}: ${(error as Error).message}`, { cause: error })
    }
    this.kept = this.options.append ? null : 0
    if (this.options.append) await this.goOn(this.file)
    // Another callback may add to them, so only an epoch's end shows whether the file has more than there is.
    this.refuseLost(run === undefined ? [] : (checkRun('csvLogger', run).figures ?? []))
  }

  async onEpochEnd(epoch: number, logs: Logs): Promise<void> {
    checkIndex('csvLogger', epoch)
    const given = Object.entries(checkLogs('csvLogger', logs))
    const figures = new Map<string, number>([['epoch', epoch], ...given]).set('epoch', epoch)
    if (this.found) {
      this.refuseLost([...figures.keys()])
      this.refuseEmpty(figures)
      this.found = false
    }
    if (this.columns === null) {
      this.columns = [...figures.keys()]
      await this.write(this.columns)
    }
    await this.write(this.columns.map((column) => String(figures.get(column) ?? 'NA')))
  }

  async onTrainEnd(): Promise<void> {
    const { file } = this
    this.file = null
    try {
      if (file !== null) await this.cut(file)
    } finally {
      await file?.close()
    }
  }

  /** How far the file is written, and its columns. */
  state(): State {
    const { bytes, columns, lineEnd } = this
    return new State({ bytes, columns: columns === null ? null : [...columns], lineEnd })
  }

  /** Goes on, in a run that has begun, behind what the file held then: lines that came later go. @throws MyelinError ERR_ARGUMENT */
  restore(state: State): void {
    const { bytes, columns, lineEnd } = Object.fromEntries(checkState(state, 'csvLogger').values)
    checkWhole('csvLogger', 'bytes', bytes as number, 0)
    if (columns !== null && !isListOf(columns, (column) => typeof column === 'string'))
      throw wrong('csvLogger', `the state must hold the columns, got ${show(columns)}`)
    if (lineEnd !== '' && lineEnd !== '\n') throw wrong('csvLogger', `the state holds a line end ${show(lineEnd)}`)
    this.kept = bytes as number
    this.bytes = bytes as number
    this.columns = columns as string[] | null
    this.lineEnd = lineEnd
    this.found = false
  }

  /** Drops what the file held beyond what is kept. */
  private async cut(file: FileHandle): Promise<void> {
    const { kept } = this
    if (kept === null) return
    this.kept = null
    const { size } = await file.stat()
    if (size < kept) throw this.refuse(`it is shorter, ${size} bytes, than it was when the run was saved, ${kept}`)
    if (size > kept) await file.truncate(kept)
  }

  /** Takes the columns from the first line of what is there. */
  private async goOn(file: FileHandle): Promise<void> {
    const text = (await file.readFile('utf8')).replace(/^\ufeff/, '')
    for await (const [header] of recordsOf([text], this.options.separator, '"', (what) => this.refuse(what))) {
      if (header === undefined) continue
      const [first] = header.cells
      if (first !== 'epoch') throw this.refuse(`its first column is ${show(first)}, not "epoch"`)
      this.columns = header.cells
      this.found = true
      if (!/[\r\n]$/.test(text)) this.lineEnd = '\n'
      return
    }
  }

  /** Refuses figures that the file has no column for. */
  private refuseLost(figures: readonly string[]): void {
    const { columns } = this
    const lost = columns === null ? [] : figures.filter((figure) => !columns.includes(figure))
    if (lost.length > 0) throw this.refuse(`this run has figures that it has no column for: ${listed(lost)}`)
  }

  /** Refuses columns of the file that the run has no figure for. */
  private refuseEmpty(figures: ReadonlyMap<string, number>): void {
    const empty = this.columns?.filter((column) => !figures.has(column)) ?? []
    if (empty.length > 0) throw this.refuse(`it has columns that this run has no figures for: ${listed(empty)}`)
  }

  private refuse(what: string): Error {
    return wrong(
      'csvLogger',
      `${show(this.path)} cannot be appended to: ${what}; give another file, or leave append out to write it anew`,
    )
  }

  private async write(cells: readonly string[]): Promise<void> {
    const quoted = cells.map((cell) =>
      cell.includes(this.options.separator) || /["\t\r\n]|^\s|\s$|^$/.test(cell)
        ? `"${cell.replaceAll('"', '""')}"`
        : cell,
    )
    if (this.file === null) throw wrong('csvLogger', 'no run has begun: call onTrainBegin first')
    await this.cut(this.file)
    const line = `${this.lineEnd}${quoted.join(this.options.separator)}\n`
    await this.file.appendFile(line)
    this.bytes += Buffer.byteLength(line)
    this.lineEnd = ''
  }
}

/**
 * Writes each epoch's figures to a file as a line of comma-separated values (RFC 4180), as soon as the epoch ends. The first
 * line names the columns: `epoch`, then the figures of the first epoch; later ones that lack a figure get `NA`, as in Keras.
 * @param path the file; its folder must exist
 * @throws MyelinError ERR_ARGUMENT for a wrong option; when the run begins, if the file cannot be written or appended to
 */
export const csvLogger = (path: string, options?: CsvLoggerOptions): CsvLogger => new CsvLogger(path, options)

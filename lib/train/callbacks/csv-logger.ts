import { type FileHandle, open } from 'node:fs/promises'
import { checkFlag, wrong } from '../../native/check.js'
import { checkOptions } from '../../native/names.js'
import { show } from '../../native/show.js'
import type { Logs } from '../assessment.js'
import type { Callback } from './callback.js'

export interface CsvLoggerOptions {
  /** What stands between two columns: one character, no quote or line end. Default a comma. */
  separator?: string
  /** Whether to go on behind what the file holds, which must have the same columns. Default false: it is written anew. */
  append?: boolean
}

/**
 * Writes each epoch's figures to a file as a line of comma-separated values (RFC 4180), as soon as the epoch ends. The first
 * line names the columns: `epoch`, then the figures of the first epoch; later ones that lack a figure get `NA`, as in Keras.
 */
export class CsvLogger implements Callback {
  private readonly separator: string
  private readonly append: boolean
  private file: FileHandle | null = null
  private columns: readonly string[] | null = null

  constructor(
    private readonly path: string,
    options: CsvLoggerOptions = {},
  ) {
    if (typeof path !== 'string' || path === '')
      throw wrong('csvLogger', `path must be a file's name, got ${show(path)}`)
    checkOptions(options, ['separator', 'append'], 'csvLogger')
    const { separator = ',', append = false } = options
    if (typeof separator !== 'string' || separator.length !== 1 || /["\r\n]/.test(separator))
      throw wrong('csvLogger', `separator must be one character, no quote or line end, got ${show(separator)}`)
    this.separator = separator
    this.append = checkFlag('csvLogger', 'append', append)
  }

  async onTrainBegin(): Promise<void> {
    this.columns = null
    try {
      this.file = await open(this.path, this.append ? 'a+' : 'w')
    } catch (error) {
      throw wrong('csvLogger', `cannot write to ${show(this.path)}: ${(error as Error).message}`, { cause: error })
    }
    if (this.append) await this.goOn(this.file)
  }

  async onEpochEnd(epoch: number, logs: Logs): Promise<void> {
    if (this.columns === null) {
      this.columns = ['epoch', ...Object.keys(logs)]
      await this.write(this.columns)
    }
    const figures = new Map(Object.entries({ ...logs, epoch }))
    await this.write(this.columns.map((column) => String(figures.get(column) ?? 'NA')))
  }

  async onTrainEnd(): Promise<void> {
    const { file } = this
    this.file = null
    await file?.close()
  }

  /** Takes the columns from the first line of what is there. */
  private async goOn(file: FileHandle): Promise<void> {
    const text = await file.readFile('utf8')
    if (text === '') return
    const [header = ''] = text.split(/\r?\n/, 1)
    const columns = parse(header, this.separator)
    if (columns[0] !== 'epoch')
      throw wrong(
        'csvLogger',
        `${show(this.path)} cannot be appended to: its first column is ${show(columns[0])}, not "epoch"`,
      )
    this.columns = columns
    if (!text.endsWith('\n')) await file.appendFile('\n')
  }

  private async write(cells: readonly string[]): Promise<void> {
    const quoted = cells.map((cell) =>
      cell.includes(this.separator) || /["\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell,
    )
    if (this.file === null) throw wrong('csvLogger', 'no run has begun: call onTrainBegin first')
    await this.file.appendFile(`${quoted.join(this.separator)}\n`)
  }
}

/**
 * See {@link CsvLogger}.
 * @param path the file; its folder must exist
 * @throws MyelinError ERR_ARGUMENT for a wrong option; when the run begins, if the file cannot be written or appended to
 */
export const csvLogger = (path: string, options?: CsvLoggerOptions): CsvLogger => new CsvLogger(path, options)

/** The cells of one line. */
function parse(line: string, separator: string): string[] {
  const cells: string[] = []
  let [cell, quoted] = ['', false]
  for (const [i, character] of [...line].entries()) {
    if (character === '"') {
      // A quote within quotes is written twice: the second one opens again and stands for itself.
      if (!quoted && line[i - 1] === '"') cell += character
      quoted = !quoted
    } else if (character === separator && !quoted) {
      cells.push(cell)
      cell = ''
    } else cell += character
  }
  return [...cells, cell]
}

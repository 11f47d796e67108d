import type { CsvError } from 'csv-parse'
import { show } from '../core/show.js'
import { joinBlanks } from './csv-text.js'
import { isTurnDue, turn } from './stages.js'

/** How long a record can be. */
const mostBytes = 2 ** 28

/** The cells of a row, without blanks around them. */
export interface CsvRecord {
  readonly cells: readonly string[]
  /** The number of the line on which it begins. */
  readonly line: number
}

/**
 * Cuts text into records, by csv-parse (RFC 4180). Empty lines, and rows of several cells that are all empty, are none.
 * @param texts pieces of text whose lines end in line feeds
 * @param delimiter one or more characters; a single space stands for any run of spaces and tabs
 * @param quote one character; or none, then cells are never enclosed
 * @param refuse makes the error to throw
 * @returns of one piece after the other the records that end in it
 */
export async function* recordsOf(
  texts: Iterable<string> | AsyncIterable<string>,
  delimiter: string,
  quote: string,
  refuse: (what: string, cause?: unknown) => Error,
): AsyncGenerator<readonly CsvRecord[], void, undefined> {
  // Most programs that import the library read no CSV.
  const { Parser } = await import('csv-parse')
  const parser = new Parser({
    delimiter,
    quote: quote === '' ? null : quote,
    escape: quote === '' ? null : quote,
    record_delimiter: '\n',
    trim: true,
    skip_empty_lines: true,
    relax_column_count: true,
    // A quote that is never closed must not take all memory.
    max_record_size: mostBytes,
  })
  const records: CsvRecord[] = []
  // The line on which the next record begins, but for the empty ones before it.
  let next = 1
  // Records are taken as they come: one by one, out of the stream's buffer, they would cost a third as much again.
  parser.push = (cells: string[] | null): boolean => {
    const { lines, empty_lines } = parser.info
    if (cells !== null && (cells[0] !== '' || cells.length === 1 || cells.some((cell) => cell !== '')))
      records.push({ cells, line: next + empty_lines })
    next = lines + 1 - empty_lines
    return true
  }
  // An error is told to the one who writes.
  parser.on('error', () => {})
  for await (const piece of piecesOf(delimiter === ' ' ? joinBlanks(texts, quote) : texts)) {
    const error = await new Promise<Error | null | undefined>((resolve) =>
      piece === null ? parser.end(resolve) : parser.write(piece, resolve),
    )
    yield records.splice(0)
    if (error) throw refuse(reason(error as CsvError, next + parser.info.empty_lines), error)
    if (isTurnDue()) await turn()
  }
}

/** The bytes of texts, so few at once that parsing them hardly holds up the event loop; null at the end. */
async function* piecesOf(texts: Iterable<string> | AsyncIterable<string>): AsyncGenerator<Buffer | null> {
  for await (const text of texts) {
    const bytes = Buffer.from(text)
    for (let at = 0; at < bytes.length; at += 8192) yield bytes.subarray(at, at + 8192)
  }
  yield null
}

/** @param begin the line on which the record begins */
function reason({ code, lines, field }: CsvError, begin: number): string {
  if (code === 'CSV_MAX_RECORD_SIZE') return `the row that begins on line ${begin} has more than ${mostBytes} bytes`
  if (code === 'CSV_QUOTE_NOT_CLOSED') return `the row that begins on line ${begin} has a quote that is never closed`
  const line = `line ${lines}${lines === begin ? '' : `, of a row that begins on line ${begin},`}`
  if (code === 'INVALID_OPENING_QUOTE') return `${line} has a quote inside a cell, behind ${show(field)}`
  return `${line} goes on behind a closing quote`
}

import { constants } from 'node:buffer'
import { show } from './csv-error.js'

/** What parts the cells of a file, and what encloses them. */
export interface CsvFormat {
  /** One or more characters; a single space stands for any run of spaces and tabs. */
  readonly delimiter: string
  /** One character; or none, then cells are never enclosed. */
  readonly quote: string
}

/**
 * Cuts text into records of cells (RFC 4180). A line ends in LF, CRLF or CR, in any mixture; lines that are empty, or hold nothing
 * but delimiters, are passed over. Blanks around a cell are no part of it. The time is linear in the text.
 */
export class CsvScanner {
  /** The number of the line on which the last record began. */
  line = 0
  /** The number of the line that is being read. */
  private current = 1
  private text = ''
  private at = 0
  private cells: string[] = []
  /** A quoted cell whose end has not come yet, in pieces. */
  private open: { parts: string[]; length: number; line: number } | null = null
  /** Whether the record has a quoted cell. */
  private quoted = false
  private readonly byBlanks: boolean
  private readonly delimiterCode: number
  private readonly quoteCode: number
  /** No character above this code ends a cell or is refused in one. */
  private readonly highest: number

  /**
   * @param skipped how many lines are passed over before the first record
   * @param refuse makes the error to throw
   */
  constructor(
    private readonly format: CsvFormat,
    private skipped: number,
    private readonly refuse: (what: string) => Error,
  ) {
    const { delimiter, quote } = format
    this.byBlanks = delimiter === ' '
    this.delimiterCode = delimiter.charCodeAt(0)
    this.quoteCode = quote === '' ? -1 : quote.charCodeAt(0)
    this.highest = Math.max(this.delimiterCode, this.quoteCode, carriageReturn)
  }

  /** Takes more text, the last being used up: whole lines, but for the last one of the file. */
  feed(text: string): void {
    this.text = text
    this.at = 0
  }

  /** The cells of the next record; null when the text is used up. */
  next(): string[] | null {
    for (; this.skipped > 0 && this.at < this.text.length; this.skipped--) this.passLine()
    while (this.at < this.text.length && this.readRecord()) {
      const { cells, quoted } = this
      this.cells = []
      this.quoted = false
      if (quoted || cells.some((cell) => cell !== '')) return cells
    }
    return null
  }

  /** Says that there is no more text. */
  end(): void {
    if (this.open !== null) throw this.refuse(`the quote that line ${this.open.line} opens is never closed; ${advice}`)
  }

  /** Whether the record came to its end; else it goes on in the next text. */
  private readRecord(): boolean {
    if (this.open === null) this.line = this.current
    do {
      if (this.open === null && !this.isAtQuote()) this.readPlain()
      else if (!this.readQuoted()) return false
    } while (this.passDelimiter())
    this.passLineEnd()
    return true
  }

  /** Passes over blanks before a cell. */
  private isAtQuote(): boolean {
    this.passBlanks()
    return this.text.charCodeAt(this.at) === this.quoteCode
  }

  private readPlain(): void {
    const { text, highest, quoteCode } = this
    const begin = this.at
    let at = begin
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at)
      if (code > highest) continue
      if (code === quoteCode)
        throw this.refuse(`line ${this.current} has a quote inside the cell ${this.around(begin)}; ${advice}`)
      if (isLineEnd(code) || this.isDelimiter(code, at)) break
    }
    this.at = at
    this.cells.push(trimmed(text.slice(begin, at)))
  }

  /** Whether the cell came to its end. */
  private readQuoted(): boolean {
    const { text, quoteCode } = this
    const { quote } = this.format
    if (this.open === null) this.at++
    const open = this.open ?? { parts: [], length: 0, line: this.current }
    this.open = open
    for (let closed = false; !closed; ) {
      const end = text.indexOf(quote, this.at)
      // A doubled quote stands for one.
      const doubled = end >= 0 && text.charCodeAt(end + 1) === quoteCode
      const part = text.slice(this.at, end < 0 ? text.length : doubled ? end + 1 : end)
      open.parts.push(part)
      open.length += part.length
      if (open.length > constants.MAX_STRING_LENGTH)
        throw this.refuse(
          `the quote that line ${open.line} opens is not closed within ${constants.MAX_STRING_LENGTH} characters; ${advice}`,
        )
      this.at = end < 0 ? text.length : end + (doubled ? 2 : 1)
      if (end < 0) return false
      closed = !doubled
    }
    this.close(open.parts.join(''), open.line)
    return true
  }

  private close(cell: string, line: number): void {
    this.cells.push(cell)
    this.quoted = true
    this.open = null
    this.current += cell.match(/\r\n?|\n/g)?.length ?? 0
    if (!this.byBlanks) this.passBlanks()
    const { text, at } = this
    const code = text.charCodeAt(at)
    if (at === text.length || isLineEnd(code) || this.isDelimiter(code, at)) return
    const opened = line === this.current ? '' : `, which line ${line} opens,`
    throw this.refuse(`line ${this.current} goes on with ${this.around(at)} behind a closing quote${opened}; ${advice}`)
  }

  private passBlanks(): void {
    const { text, byBlanks, delimiterCode } = this
    let code = text.charCodeAt(this.at)
    while ((code === space || code === tab) && (byBlanks || code !== delimiterCode)) code = text.charCodeAt(++this.at)
  }

  /** Whether another cell of the record follows. */
  private passDelimiter(): boolean {
    if (this.byBlanks) {
      this.passBlanks()
      return this.at < this.text.length && !isLineEnd(this.text.charCodeAt(this.at))
    }
    if (!this.isDelimiter(this.text.charCodeAt(this.at), this.at)) return false
    this.at += this.format.delimiter.length
    return true
  }

  private isDelimiter(code: number, at: number): boolean {
    if (code !== this.delimiterCode) return this.byBlanks && code === tab
    return this.format.delimiter.length === 1 || this.text.startsWith(this.format.delimiter, at)
  }

  private passLine(): void {
    const { text } = this
    while (this.at < text.length && !isLineEnd(text.charCodeAt(this.at))) this.at++
    this.passLineEnd()
  }

  private passLineEnd(): void {
    const { text } = this
    if (text.charCodeAt(this.at) === carriageReturn && text.charCodeAt(this.at + 1) === lineFeed) this.at++
    this.at++
    this.current++
  }

  /** What stands in the text from there to the end of its line. */
  private around(begin: number): string {
    return show(/^[^\r\n]*/.exec(this.text.slice(begin, begin + 1000))?.[0])
  }
}

const [tab, lineFeed, carriageReturn, space] = [9, 10, 13, 32]

const advice =
  "a cell that has quotes must be enclosed in quotes and have its own doubled; where they are ordinary characters, give quote: ''"

const isLineEnd = (code: number): boolean => code === lineFeed || code === carriageReturn

/** The cell without blanks of whatever kind around it. */
function trimmed(cell: string): string {
  return isPlain(cell.charCodeAt(0)) && isPlain(cell.charCodeAt(cell.length - 1)) ? cell : cell.trim()
}

const isPlain = (code: number): boolean => code > space && code < 0x7f

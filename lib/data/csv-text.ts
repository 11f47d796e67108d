import { TextDecoder } from 'node:util'
import { isUint8Array } from 'node:util/types'
import { wrong } from '../core/check.js'
import { show } from '../core/show.js'
import { bad, where } from './csv-error.js'

/**
 * The text of a file in pieces. Each line ends in a line feed, whatever it ended in; lines to skip are empty, so that the others
 * keep their numbers.
 * @param chunks text, or bytes of it
 * @param encoding that of bytes, unless they begin with a byte-order mark
 * @param skipLines how many lines are to be skipped
 * @param file what messages call it
 * @throws MyelinError ERR_FORMAT for bytes that are no text of that encoding, ERR_ARGUMENT for chunks that are neither
 */
export async function* textOf(
  chunks: AsyncIterable<unknown>,
  encoding: string,
  skipLines: number,
  file: string,
): AsyncGenerator<string, void, undefined> {
  let left = skipLines
  let held = ''
  for await (const chunk of decode(chunks, encoding, file)) {
    // UTF-16 without its mark passes for UTF-8, every second character being zero.
    if (chunk.includes('\0'))
      throw bad(file, "holds zero bytes, which text does not; if it is text in UTF-16, give encoding: 'utf-16le'")
    // A character, a line end or a run of blanks may go on in the next chunk.
    const known = held + chunk
    const half = Number(/[\ud800-\udbff]/.test(known.slice(-1)))
    const length = Math.max(known.trimEnd().length, known.lastIndexOf('\n') + 1) - half
    held = known.slice(length)
    const text = unified(known.slice(0, length))
    if (left === 0) yield text
    else
      yield text.replace(/[^\n]*(\n?)/g, (line: string, end: string) => {
        if (left === 0) return line
        left -= end.length
        return end
      })
  }
  yield unified(`${held}\n`)
}

const unified = (text: string): string => text.replaceAll('\r\n', '\n').replaceAll('\r', '\n')

/** Text with one space for each run of blanks, and none at either end of a line; what is in quotes stays as it is. */
export async function* joinBlanks(
  texts: Iterable<string> | AsyncIterable<string>,
  quote: string,
): AsyncGenerator<string, void, undefined> {
  let quoted = false
  let before = '\n'
  for await (const text of texts) {
    const known = before + text
    const parts = (quote === '' ? [known] : known.split(quote)).map((part, i) => {
      if (i > 0) quoted = !quoted
      return quoted ? part : part.replace(/[ \t]+/g, ' ').replace(/ ?\n ?/g, '\n')
    })
    yield parts.join(quote).slice(before.length)
    before = known.endsWith('\n') ? '\n' : ''
  }
}

/** Byte-order marks, and the encodings that they tell. */
const marks: readonly [bytes: readonly number[], encoding: string][] = [
  [[0xef, 0xbb, 0xbf], 'utf-8'],
  [[0xff, 0xfe], 'utf-16le'],
  [[0xfe, 0xff], 'utf-16be'],
]

/** Chunks as text, that of bytes without the byte-order mark. */
async function* decode(
  chunks: AsyncIterable<unknown>,
  encoding: string,
  file: string,
): AsyncGenerator<string, void, undefined> {
  // The first bytes, until there are as many as a byte-order mark has.
  let head = Buffer.alloc(0)
  let decoder: TextDecoder | undefined
  let begun = false
  const decoded = (bytes?: Uint8Array): string => {
    const mark = marks.find(([first]) => first.every((byte, i) => head[i] === byte))
    decoder ??= new TextDecoder(mark?.[1] ?? encoding, { fatal: true })
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined })
    } catch (error) {
      const what =
        head[0] === 0x1f && head[1] === 0x8b
          ? 'is compressed by gzip; give a function that makes a stream of it: () => createReadStream(path).pipe(createGunzip())'
          : `holds bytes that are no ${decoder.encoding} text; give the encoding, as encoding: 'windows-1252', if it is text of another one`
      throw bad(file, what, error)
    }
  }
  for await (const chunk of chunks) {
    if (typeof chunk === 'string') {
      yield begun ? chunk : chunk.replace(/^\ufeff/, '')
      begun ||= chunk !== ''
    } else if (!isUint8Array(chunk))
      throw wrong(where, `${file} must give texts or bytes (Uint8Array), got ${show(chunk)}`)
    else if (head.length >= 3) yield decoded(chunk)
    else {
      head = Buffer.concat([head, chunk])
      if (head.length >= 3) yield decoded(head)
    }
  }
  if (head.length < 3) yield decoded(head)
  yield decoded()
}

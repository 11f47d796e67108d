import { constants } from 'node:buffer'
import { TextDecoder } from 'node:util'
import { wrong } from '../native/check.js'
import { bad, show, where } from './csv-error.js'

/**
 * The text of a file in pieces of whole lines, so that no character, line end or delimiter is cut in two. The time is linear in
 * the text, however long a line is.
 * @param chunks text, or bytes of it
 * @param encoding that of bytes, unless they begin with a byte-order mark
 * @param file what messages call it
 * @throws MyelinError ERR_FORMAT for bytes that are no text of that encoding, ERR_ARGUMENT for chunks that are neither
 */
export async function* wholeLines(
  chunks: Iterable<unknown> | AsyncIterable<unknown>,
  encoding: string,
  file: string,
): AsyncGenerator<string, void, undefined> {
  const decoder = new Decoder(encoding, file)
  // The pieces of a line whose end is still to come.
  let begun: string[] = []
  let length = 0
  const keep = (text: string): void => {
    length += text.length
    if (length > constants.MAX_STRING_LENGTH)
      throw bad(file, `has a line of more than ${constants.MAX_STRING_LENGTH} characters`)
    if (text !== '') begun.push(text)
  }
  for await (const chunk of chunks) {
    const text = decoder.decode(chunk)
    const end = lastLineEnd(text)
    keep(text.slice(0, end))
    if (end > 0) {
      yield begun.join('')
      begun = []
      length = 0
    }
    keep(text.slice(end))
  }
  keep(decoder.end())
  if (length > 0) yield begun.join('')
}

/** Where the last line ends that is whole for certain: a carriage return at the very end may be half of a line end. */
function lastLineEnd(text: string): number {
  const carriageReturn = text.length < 2 ? -1 : text.lastIndexOf('\r', text.length - 2)
  return Math.max(text.lastIndexOf('\n'), carriageReturn) + 1
}

/** Byte-order marks, and the encodings that they tell. */
const marks: readonly [bytes: readonly number[], encoding: string][] = [
  [[0xef, 0xbb, 0xbf], 'utf-8'],
  [[0xff, 0xfe], 'utf-16le'],
  [[0xfe, 0xff], 'utf-16be'],
]

/** Makes text of chunks, without the byte-order mark. */
class Decoder {
  private bytes: TextDecoder | null = null
  /** The first bytes, until there are as many as a byte-order mark has. */
  private head = Buffer.alloc(0)
  private begun = false

  constructor(
    private readonly encoding: string,
    private readonly file: string,
  ) {}

  decode(chunk: unknown): string {
    if (typeof chunk === 'string') return this.checked(this.fromText(chunk))
    if (!(chunk instanceof Uint8Array))
      throw wrong(where, `${this.file} must give texts or bytes (Uint8Array), got ${show(chunk)}`)
    if (this.bytes !== null) return this.checked(this.fromBytes(chunk, this.bytes))
    this.head = Buffer.concat([this.head, chunk])
    return this.head.length < 3 ? '' : this.checked(this.open())
  }

  /** The rest. */
  end(): string {
    const rest = this.bytes === null ? this.open() : ''
    return this.checked(rest + (this.bytes === null ? '' : this.fromBytes(undefined, this.bytes)))
  }

  private open(): string {
    const { head } = this
    const mark = this.begun ? undefined : marks.find(([bytes]) => bytes.every((byte, i) => head[i] === byte))
    this.begun = true
    this.bytes = new TextDecoder(mark?.[1] ?? this.encoding, { fatal: true })
    return this.fromBytes(head, this.bytes)
  }

  private fromText(text: string): string {
    const marked = !this.begun && text.startsWith('\ufeff')
    this.begun ||= text !== ''
    return marked ? text.slice(1) : text
  }

  private fromBytes(bytes: Uint8Array | undefined, decoder: TextDecoder): string {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined })
    } catch (error) {
      const compressed = this.head[0] === 0x1f && this.head[1] === 0x8b
      const what = compressed
        ? 'is compressed by gzip; give a function that makes a stream of it: () => createReadStream(path).pipe(createGunzip())'
        : `holds bytes that are no ${decoder.encoding} text; give the encoding, as encoding: 'windows-1252', if it is text of another one`
      throw bad(this.file, what, error)
    }
  }

  /** UTF-16 without its mark passes for UTF-8, every second character being zero. */
  private checked(text: string): string {
    if (!text.includes('\0')) return text
    throw bad(this.file, "holds zero bytes, which text does not; if it is text in UTF-16, give encoding: 'utf-16le'")
  }
}

import { createReadStream } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { isUint8Array } from 'node:util/types'
import { wrong } from '../core/check.js'
import { show } from '../core/show.js'
import { bad, where } from './csv-error.js'
import { type CsvOptions, checkCsvOptions } from './csv-options.js'
import { recordsOf } from './csv-records.js'
import { type CsvSample, CsvSamples } from './csv-samples.js'
import { textOf } from './csv-text.js'
import { type ElementSource, type Elements, once, opener } from './iterable.js'
import { type Pass, read } from './stages.js'

/**
 * A file's path; or text or bytes as they come, which are read once; or a function that makes a stream of them, which is called
 * at each pass.
 */
export type CsvSource = string | URL | ElementSource<string | Uint8Array>

/**
 * A reader of a file's samples from the beginning.
 * @throws MyelinError ERR_ARGUMENT, ERR_DTYPE for wrong options
 */
export function csvSamples(
  source: CsvSource,
  options: CsvOptions,
): (pass: Pass) => AsyncGenerator<CsvSample, void, undefined> {
  checkCsvOptions(options)
  const path = pathOf(source)
  const file = path === null ? 'the stream' : ending(path)
  const open = path === null ? streamOpener(source) : async () => createReadStream(path)
  return async function* (pass) {
    const { delimiter = ',', quote = '"', skipLines = 0, encoding = 'utf-8' } = options
    const samples = new CsvSamples(options, file)
    const texts = textOf(chunksOf(open, file, pass), encoding, skipLines, file)
    const refuse = (what: string, cause: unknown): Error => bad(file, `${what}; ${quoting}`, cause)
    for await (const records of recordsOf(texts, delimiter, quote, refuse))
      for (const record of records) {
        if (pass.ended) return
        const sample = samples.take(record)
        if (sample !== null) yield sample
      }
    if (!pass.ended) samples.end()
  }
}

const quoting =
  "a cell that has quotes must be enclosed in quotes and have its own doubled; where they are ordinary characters, give quote: ''"

/** A file's path; null for what is none. */
function pathOf(source: CsvSource): string | null {
  if (typeof source === 'string') {
    if (source === '' || source.includes('\0')) throw wrong(where, `needs a path or a stream, got ${show(source)}`)
    return source
  }
  if (!(source instanceof URL)) return null
  try {
    return fileURLToPath(source)
  } catch (error) {
    throw wrong(where, `cannot open ${show(source)}: only URLs of files; give the body of a response, as a stream`, {
      cause: error,
    })
  }
}

/** The end of a path, where its file's name is. */
const ending = (path: string): string => (path.length > 80 ? `…${path.slice(-79)}` : path)

function streamOpener(source: CsvSource): () => Promise<Elements<unknown>> {
  if (typeof source === 'function') return opener(source, where)
  if (isUint8Array(source)) return once([source], where)
  if (typeof source === 'object' && source !== null && (Symbol.asyncIterator in source || Symbol.iterator in source))
    return once(source, where)
  throw wrong(where, `needs a path, a stream or a function that makes one, got ${show(source)}`)
}

/** The file piece by piece; what the system says against it is told as an error of the file. */
async function* chunksOf(
  open: () => Promise<Elements<unknown>>,
  file: string,
  pass: Pass,
): AsyncGenerator<unknown, void, undefined> {
  try {
    yield* read(open, pass, where)
  } catch (error) {
    throw error instanceof Error && 'syscall' in error ? bad(file, `cannot be read: ${reason(error)}`, error) : error
  }
}

/** The system's words without the path, or the given value if it is no error. */
function reason(error: Error & { path?: unknown }): string {
  const said = error.message.replace(/, \w+( '.*)?$/s, '')
  const path = String(error.path)
  if (/[\r\n]/.test(path)) return `${said}; if it is the text itself, give it in a list: [text]`
  if (/^https?:/.test(path)) return `${said}; give a function that fetches it: async () => (await fetch(url)).body`
  return said
}

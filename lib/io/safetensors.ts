import { MyelinError } from '../core/error.js'
import { listed, show } from '../core/show.js'
import type { DType } from '../tensor/dtype.js'
import { formatShape, maxRank, type Shape, sizeOf } from '../tensor/shape.js'
import { type JsonBounds, parseJson } from './json.js'

// The format: a little-endian 64-bit length, so many bytes of JSON, the elements of all tensors end to end, little-endian
// (https://github.com/huggingface/safetensors). What Python's reader refuses is refused here too, duplicate keys besides.

/** Element types of the format, with their bits. */
const bits = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  F8_E4M3: 8,
  F8_E5M2: 8,
  F8_E8M0: 8,
  I8: 8,
  U8: 8,
  BF16: 16,
  F16: 16,
  I16: 16,
  U16: 16,
  F32: 32,
  I32: 32,
  U32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
} as const

export type FileDType = keyof typeof bits

/** The format's names of dtypes. */
export const fileDTypes = {
  float32: 'F32',
  int32: 'I32',
  uint8: 'U8',
  bool: 'BOOL',
} as const satisfies Record<DType, FileDType>

/** A tensor in a file. */
export interface Entry {
  readonly dtype: FileDType
  readonly shape: Shape
  /** Bytes from the beginning of the data to its first and behind its last element. */
  readonly begin: number
  readonly end: number
}

/** The head of a file, before its data. */
export interface Header {
  /** By name, in the order of their data. */
  readonly entries: ReadonlyMap<string, Entry>
  readonly metadata: ReadonlyMap<string, string>
}

/** The bytes of the length before the header. */
export const lengthBytes = 8

const mostHeaderBytes = 100_000_000
const mostTensors = 100_000

/**
 * The length of the header, of the first 8 bytes of a file.
 * @param fileBytes the size of the file
 * @throws MyelinError ERR_FORMAT for a header that is too long, or longer than the file
 */
export function headerBytes(first: Uint8Array, fileBytes: number, path: string): number {
  if (first.length < lengthBytes) throw unreadable(path, `is truncated: ${first.length} bytes are no header`)
  const length = Number(new DataView(first.buffer, first.byteOffset).getBigUint64(0, true))
  if (length > mostHeaderBytes)
    throw unreadable(path, `is no safetensors file: its first 8 bytes say that the header has ${length} bytes`)
  if (length + lengthBytes > fileBytes)
    throw unreadable(path, `is truncated: ${fileBytes} bytes do not hold its header of ${length}`)
  return length
}

/**
 * The header, read and checked: every tensor lies where the one before it ends, and the last one ends with the file.
 * @param dataBytes what the file holds behind the header
 * @throws MyelinError ERR_FORMAT that says what is wrong
 */
export function parseHeader(bytes: Uint8Array, dataBytes: number, path: string): Header {
  const given = recordOf(bytes, path)
  const metadata = new Map<string, string>()
  const entries: [string, Entry][] = []
  for (const [name, value] of Object.entries(given)) {
    if (name !== '__metadata__') entries.push([name, entryOf(name, value, path)])
    else for (const [key, text] of metadataOf(value, path)) metadata.set(key, text)
  }
  if (entries.length > mostTensors) throw unreadable(path, `has ${entries.length} tensors, more than ${mostTensors}`)
  entries.sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end)
  let end = 0
  for (const [name, entry] of entries) {
    if (entry.begin !== end)
      throw unreadable(
        path,
        `has a ${entry.begin < end ? 'tensor over another' : 'hole'} at byte ${entry.begin}: ${show(name)}`,
      )
    end = entry.end
  }
  if (end > dataBytes) throw unreadable(path, `is truncated: its tensors take ${end} bytes, it holds ${dataBytes}`)
  if (end < dataBytes) throw unreadable(path, `is too long: its tensors take ${end} bytes, it holds ${dataBytes}`)
  return { entries: new Map(entries), metadata }
}

/**
 * The header of a file with these tensors, padded to a multiple of 8 bytes, and where each lies: wide elements first, then by name, as
 * Python's writer orders them.
 * @throws MyelinError ERR_FORMAT for more than a reader takes
 */
export function layOut(
  tensors: ReadonlyMap<string, { dtype: DType; shape: Shape }>,
  metadata: Readonly<Record<string, string>>,
  path: string,
): { header: Uint8Array<ArrayBuffer>; entries: [string, Entry][] } {
  const ordered = [...tensors]
    .map(([name, { dtype, shape }]) => ({ name, dtype: fileDTypes[dtype], shape }))
    .sort((a, b) => bits[b.dtype] - bits[a.dtype] || (a.name < b.name ? -1 : 1))
  if (ordered.length > mostTensors)
    throw new MyelinError('ERR_FORMAT', `${path} cannot hold ${ordered.length} tensors; ${mostTensors} are the most`)
  let end = 0
  const entries = ordered.map(({ name, dtype, shape }): [string, Entry] => {
    const begin = end
    end += (sizeOf(shape) * bits[dtype]) / 8
    return [name, { dtype, shape, begin, end }]
  })
  const json = JSON.stringify({
    __metadata__: metadata,
    ...Object.fromEntries(
      entries.map(([name, { dtype, shape, begin, end }]) => [name, { dtype, shape, data_offsets: [begin, end] }]),
    ),
  })
  const text = new TextEncoder().encode(json)
  if (text.length > mostHeaderBytes)
    throw new MyelinError('ERR_FORMAT', `${path} cannot hold ${text.length} bytes of names and configs`)
  const header = new Uint8Array(Math.ceil(text.length / 8) * 8 + lengthBytes).fill(0x20)
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - lengthBytes), true)
  header.set(text, lengthBytes)
  return { header, entries }
}

/** The error for a file that is not what it should be. @param path the file as messages name it, behind who reads it */
export const unreadable = (path: string, what: string, cause?: unknown): MyelinError =>
  new MyelinError('ERR_FORMAT', `${path} ${what}`, { cause })

function recordOf(bytes: Uint8Array, path: string): Record<string, unknown> {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw unreadable(path, 'has a header that is no UTF-8', cause)
  }
  if (!text.startsWith('{')) throw unreadable(path, 'has a header that is no object of JSON')
  return parseJson(text, bounds, (what, cause) => unreadable(path, `has a header that ${what}`, cause)) as Record<
    string,
    unknown
  >
}

/** Depth: the header, a tensor, its shape. */
const bounds: JsonBounds = { depth: 3, values: mostTensors * (maxRank + 8) }

function entryOf(name: string, value: unknown, path: string): Entry {
  const fault = (what: string): MyelinError => unreadable(path, `has a tensor ${show(name)} ${what}`)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw fault('without dtype, shape and place')
  const { dtype, shape, data_offsets: offsets } = value as Record<string, unknown>
  if (typeof dtype !== 'string' || !Object.hasOwn(bits, dtype))
    throw fault(`of the unknown dtype ${show(dtype)}. Known: ${listed(Object.keys(bits))}`)
  if (!isWholeNumbers(shape)) throw fault(`of the shape ${show(shape)}`)
  if (!isWholeNumbers(offsets) || offsets.length !== 2) throw fault(`that lies at ${show(offsets)}`)
  const [begin = 0, end = 0] = offsets
  const inside = (shape.reduce((product, n) => product * n, 1) * bits[dtype as FileDType]) / 8
  if (inside !== end - begin)
    throw fault(
      `of shape ${formatShape(shape)} and dtype ${dtype}, which is ${inside} bytes, on ${end - begin} of them`,
    )
  return { dtype: dtype as FileDType, shape, begin, end }
}

const isWholeNumbers = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0)

function metadataOf(value: unknown, path: string): [string, string][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw unreadable(path, 'has metadata that is no record of texts')
  return Object.entries(value).map(([key, text]) => {
    if (typeof text !== 'string') throw unreadable(path, `has metadata ${show(key)} that is no text`)
    return [key, text]
  })
}

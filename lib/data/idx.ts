import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { MyelinError } from '../native/error.js'

/** The contents of an idx file of unsigned bytes. */
export interface IdxArray {
  shape: number[]
  /** Row-major, exactly as many as the shape says. */
  data: Uint8Array
}

/**
 * Reads an idx file, gzipped or not (told by its first bytes, not by its name).
 * The format: two zero bytes, the element type (8 is uint8, the only one read here), the number of axes, each axis as a
 * big-endian 32-bit size, the elements (LeCun, Cortes and Burges, "The MNIST database").
 * @param rank the number of axes that the caller expects: 3 for images, 1 for labels
 * @throws MyelinError ERR_FORMAT, which names the file, if it is missing, truncated, too long or something else
 */
export async function readIdx(path: string, rank: number): Promise<IdxArray> {
  return parseIdx(await readBytes(path), rank, path)
}

async function readBytes(path: string): Promise<Uint8Array> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(path)
  } catch (error) {
    throw bad(path, `cannot be read: ${(error as Error).message}`, error)
  }
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes
  try {
    return await promisify(gunzip)(bytes)
  } catch (error) {
    throw bad(path, `is a damaged gzip file: ${(error as Error).message}; download it again`, error)
  }
}

function parseIdx(bytes: Uint8Array, rank: number, path: string): IdxArray {
  const header = 4 + 4 * rank
  if (bytes.length < header) throw bad(path, `is truncated: ${bytes.length} bytes do not hold its header of ${header}`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const magic = view.getUint32(0)
  const expected = 0x0800 + rank
  if (magic !== expected)
    throw bad(
      path,
      `has the magic number ${hex(magic)} in place of ${hex(expected)} (uint8, ${rank} axes): not this kind of idx file`,
    )
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis))
  const size = shape.reduce((product, n) => product * n, 1)
  const held = bytes.length - header
  if (held !== size)
    throw bad(
      path,
      `${held < size ? 'is truncated' : 'is too long'}: its header says [${shape.join(', ')}], ${size} bytes, it holds ${held}`,
    )
  return { shape, data: bytes.subarray(header) }
}

const hex = (n: number): string => `0x${n.toString(16).padStart(8, '0')}`

function bad(path: string, what: string, cause?: unknown): MyelinError {
  return new MyelinError('ERR_FORMAT', `[datasets] ${path} ${what}`, { cause })
}

import { type FileHandle, open } from 'node:fs/promises'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { MyelinError } from '../core/error.js'
import { empty, writeAt } from '../tensor/creation.js'
import { type Shape, sizeOf } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'

/**
 * Reads an idx file of unsigned bytes, gzipped or not (told by its first bytes, not by its name), piece by piece straight into a
 * uint8 tensor, while the event loop turns.
 * The format: two zero bytes, the element type (8 is uint8, the only one read here), the number of axes, each axis as a
 * big-endian 32-bit size, the elements (LeCun, Cortes and Burges, "The MNIST database").
 * @param rank the number of axes that the caller expects: 3 for images, 1 for labels
 * @throws MyelinError ERR_FORMAT, which names the file, if it is missing, truncated, too long or something else
 */
export async function readIdx(path: string, rank: number): Promise<Tensor> {
  let file: FileHandle | null = null
  try {
    file = await open(path)
    const { size } = await file.stat()
    if (!(await isGzip(file))) return await readElements(plainPieces(file), rank, path, size)
    return await readElements(unzippedPieces(file), rank, path, size * deflateRatio)
  } catch (error) {
    const { message, code = '' } = error as NodeJS.ErrnoException
    if (code.startsWith('Z_')) throw bad(path, `is a damaged gzip file: ${message}; download it again`, error)
    throw code.startsWith('ERR_') ? error : bad(path, `cannot be read: ${message}`, error)
  } finally {
    await file?.close()
  }
}

const pieceBytes = 1 << 20

/** The most bytes that a byte of a gzip file can stand for, so that a header which promises more is known for wrong. */
const deflateRatio = 1032

async function isGzip(file: FileHandle): Promise<boolean> {
  const { buffer } = await file.read(new Uint8Array(2), 0, 2, 0)
  return buffer[0] === 0x1f && buffer[1] === 0x8b
}

/** The file in order. Each piece lies where the one before did. */
async function* plainPieces(file: FileHandle): AsyncGenerator<Uint8Array> {
  const piece = new Uint8Array(pieceBytes)
  for (let at = 0; ; ) {
    const { bytesRead } = await file.read(piece, 0, pieceBytes, at)
    if (bytesRead === 0) return
    yield piece.subarray(0, bytesRead)
    at += bytesRead
  }
}

function unzippedPieces(file: FileHandle): AsyncIterable<Uint8Array> {
  const unzip = createGunzip({ chunkSize: pieceBytes })
  // An error of the file reaches the reader of what is unzipped.
  return pipeline(file.createReadStream({ start: 0, autoClose: false }), unzip, () => {})
}

/** @param most how many bytes there can be: a header that promises more must not decide what is allocated */
async function readElements(
  pieces: AsyncIterable<Uint8Array>,
  rank: number,
  path: string,
  most: number,
): Promise<Tensor> {
  const header = new Uint8Array(4 + 4 * rank)
  let shape: Shape = []
  let size = 0
  let read = 0
  let elements: Tensor | null = null
  try {
    for await (const piece of pieces) {
      const ofHeader = Math.min(piece.length, Math.max(0, header.length - read))
      if (ofHeader > 0) header.set(piece.subarray(0, ofHeader), read)
      if (ofHeader > 0 && read + ofHeader === header.length) {
        shape = shapeOf(header, rank, path)
        size = sizeOf(shape)
        if (size <= most) elements = empty(shape, 'uint8')
      }
      read += piece.length
      // A file that is too long is read on only to tell by how much.
      const held = read - header.length
      const own = piece.subarray(ofHeader)
      if (elements !== null && held <= size && own.length > 0) writeAt(elements, held - own.length, own)
    }
    if (read < header.length) throw bad(path, `is truncated: ${read} bytes do not hold its header of ${header.length}`)
    const held = read - header.length
    if (held === size && elements !== null) return elements
    throw bad(
      path,
      `${held < size ? 'is truncated' : 'is too long'}: its header says [${shape.join(', ')}], ${size} bytes, it holds ${held}`,
    )
  } catch (error) {
    elements?.dispose()
    throw error
  }
}

function shapeOf(header: Uint8Array, rank: number, path: string): Shape {
  const view = new DataView(header.buffer)
  const magic = view.getUint32(0)
  const expected = 0x0800 + rank
  if (magic === expected) return Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis))
  throw bad(
    path,
    `has the magic number ${hex(magic)} in place of ${hex(expected)} (uint8, ${rank} axes): not this kind of idx file`,
  )
}

const hex = (n: number): string => `0x${n.toString(16).padStart(8, '0')}`

function bad(path: string, what: string, cause?: unknown): MyelinError {
  return new MyelinError('ERR_FORMAT', `[datasets] ${path} ${what}`, { cause })
}

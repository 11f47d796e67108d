import { createHash, type Hash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { MyelinError } from '../core/error.js'
import { show } from '../core/show.js'
import { native } from '../native/binding.js'
import { empty, writeAt } from '../tensor/creation.js'
import { dtypeBytes, elementArray } from '../tensor/dtype.js'
import { track } from '../tensor/scope.js'
import { sizeOf } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { writeAtomically } from './atomic-file.js'
import { elementsOf, fittingDType } from './file-elements.js'
import { type Entry, type Header, headerBytes, layOut, lengthBytes, parseHeader, unreadable } from './safetensors.js'

/** Bytes of a file that are in memory at a time. */
const pieceBytes = 1 << 20

/** The SHA-256 of the data, in hexadecimal digits, stands in the metadata under this name. */
const hashName = 'sha256'
const noHash = '0'.repeat(64)

/**
 * Writes tensors and texts as one safetensors file, whole or not at all, piece by piece while the event loop turns. The tensors must not
 * change meanwhile.
 * @throws MyelinError ERR_FORMAT for a path that cannot be written, ERR_DISPOSED
 */
export async function writeTensors(
  where: string,
  path: string,
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  const named = Object.fromEntries(tensors)
  const { header, entries } = layOut(named, { ...metadata, [hashName]: noHash }, path)
  await writeAtomically(where, path, async (file) => {
    const hash = createHash('sha256')
    let at = header.length
    for (const [name, { end, begin }] of entries) {
      const tensor = named[name] as Tensor
      tensor.check(where)
      const most = Math.floor(pieceBytes / dtypeBytes(tensor.dtype))
      for (let first = 0; first < tensor.size; first += most) {
        const elements = elementArray(tensor.dtype, Math.min(most, tensor.size - first))
        native.read(tensor.rawHandle, first, elements)
        const bytes = new Uint8Array(elements.buffer)
        const writing = writeAll(file, bytes, at)
        hash.update(bytes)
        await writing
        at += bytes.length
      }
      if (at !== header.length + end) throw new Error(`tensor ${name} has ${at - begin} bytes`)
    }
    await writeAll(file, withHash(header, hash), 0)
  })
}

/** The header with the hash in place of the noughts; lengths are equal. */
function withHash(header: Uint8Array, hash: Hash): Uint8Array {
  const text = Buffer.from(header.buffer)
  text.write(hash.digest('hex'), text.indexOf(noHash))
  return header
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done)
    done += bytesWritten
  }
}

/** A safetensors file, of ours or of others, that is open for reading. */
export class TensorFile {
  private constructor(
    readonly path: string,
    private readonly file: FileHandle,
    private readonly start: number,
    readonly header: Header,
  ) {}

  /** @throws MyelinError ERR_FORMAT for a file that is missing, truncated, hostile or something else */
  static async open(path: string): Promise<TensorFile> {
    let file: FileHandle | null = null
    try {
      file = await open(path)
      const { size } = await file.stat()
      const first = await readAt(file, 0, Math.min(lengthBytes, size), path)
      const length = headerBytes(first, size, path)
      const start = lengthBytes + length
      const header = parseHeader(await readAt(file, lengthBytes, length, path), size - start, path)
      return new TensorFile(path, file, start, header)
    } catch (error) {
      await file?.close()
      throw error instanceof MyelinError ? error : cannotRead(path, error)
    }
  }

  close(): Promise<void> {
    return this.file.close()
  }

  /** A text of the metadata; undefined if there is none. */
  text(name: string): string | undefined {
    return this.header.metadata.get(name)
  }

  /**
   * The tensors by name, in dtypes of ours: F16, BF16 and F64 become float32, whole numbers int32. Whoever asked frees them.
   * @param wanted which ones; default all
   * @throws MyelinError ERR_FORMAT for data that is not what was written, by its hash if there is one; ERR_DTYPE for elements that no
   *   dtype of ours holds; ERR_MEMORY
   */
  async read(wanted: (name: string, entry: Entry) => boolean = () => true): Promise<Map<string, Tensor>> {
    const hash = this.text(hashName) === undefined ? null : createHash('sha256')
    const tensors = new Map<string, Tensor>()
    try {
      for (const [name, entry] of this.header.entries) {
        const tensor = wanted(name, entry) ? this.room(name, entry) : null
        if (tensor !== null) tensors.set(name, tensor)
        if (tensor !== null || hash !== null) await this.readElements(name, entry, tensor, hash)
      }
      if (hash !== null && hash.digest('hex') !== this.text(hashName))
        throw unreadable(this.path, 'is damaged: its data does not have the hash that it was written with')
      return tensors
    } catch (error) {
      for (const tensor of tensors.values()) tensor.dispose()
      throw error instanceof MyelinError ? error : cannotRead(this.path, error)
    }
  }

  private room(name: string, { dtype, shape }: Entry): Tensor {
    const fitting = fittingDType(dtype)
    if (fitting === null)
      throw new MyelinError(
        'ERR_DTYPE',
        `${this.path} has ${show(name)} of dtype ${dtype}, which no dtype here can hold`,
      )
    const tensor = empty(shape, fitting)
    track(tensor, null)
    return tensor
  }

  private async readElements(name: string, entry: Entry, tensor: Tensor | null, hash: Hash | null): Promise<void> {
    const { dtype, shape, begin, end } = entry
    const bytesEach = (end - begin) / Math.max(1, sizeOf(shape))
    for (let at = begin; at < end; ) {
      const bytes = await readAt(this.file, this.start + at, Math.min(pieceBytes, end - at), this.path)
      hash?.update(bytes)
      if (tensor !== null) {
        const elements = elementsOf(dtype, bytes)
        if (elements === null)
          throw new MyelinError(
            'ERR_DTYPE',
            `${this.path} has whole numbers in ${show(name)} (${dtype}) that int32 cannot hold`,
          )
        writeAt(tensor, (at - begin) / bytesEach, elements)
      }
      at += bytes.length
    }
  }
}

async function readAt(file: FileHandle, position: number, length: number, path: string): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, length - done, position + done)
    if (bytesRead === 0) throw unreadable(path, `is truncated: it ends at byte ${position + done}`)
    done += bytesRead
  }
  return bytes
}

const cannotRead = (path: string, error: unknown): MyelinError =>
  unreadable(path, `cannot be read: ${(error as Error).message}`, error)

import { createHash, type Hash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { wrong } from '../core/check.js'
import { MyelinError } from '../core/error.js'
import { show } from '../core/show.js'
import { native, nativeError } from '../native/binding.js'
import { empty, writeAt } from '../tensor/creation.js'
import { dtypeBytes, elementArray } from '../tensor/dtype.js'
import { Parameter } from '../tensor/parameter.js'
import { track } from '../tensor/scope.js'
import { sizeOf } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { writeAtomically } from './atomic-file.js'
import { elementsOf, fittingDType } from './file-elements.js'
import { type Entry, type Header, headerBytes, layOut, lengthBytes, parseHeader, unreadable } from './safetensors.js'

/** Bytes of a file that are in memory at a time. */
const pieceBytes = 1 << 20

/** The SHA-256 of header and data, in hexadecimal digits, stands in the metadata under this name; in what it is of, noughts stand there. */
export const hashName = 'sha256'
const noHash = '0'.repeat(64)

/** The path of a file, as a user gave it. @throws MyelinError ERR_ARGUMENT */
export function checkPath(where: string, path: string): string {
  if (typeof path === 'string' && path !== '' && !path.includes('\0')) return path
  throw wrong(where, `needs the path of a file, got ${show(path)}`)
}

/**
 * Writes tensors and texts as one safetensors file, whole or not at all, piece by piece while the event loop turns.
 * @param unchanged whether the tensors are what they were, asked when all has been written; else what there was before stays
 * @returns what that said
 * @throws MyelinError ERR_FORMAT for a path that cannot be written, ERR_DISPOSED
 */
export async function writeTensors(
  where: string,
  path: string,
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>>,
  unchanged: () => boolean = () => true,
): Promise<boolean> {
  const { header, entries } = layOut(tensors, { [hashName]: noHash, ...metadata }, `[${where}] ${path}`)
  return writeAtomically(where, path, async (file) => {
    const hash = createHash('sha256').update(header.subarray(lengthBytes))
    let at = header.length
    for (const [name] of entries) {
      const tensor = tensors.get(name) as Tensor
      const most = Math.floor(pieceBytes / dtypeBytes(tensor.dtype))
      for (let first = 0; first < tensor.size; first += most) {
        const bytes = bytesOf(tensor, first, Math.min(most, tensor.size - first), where)
        const writing = writeAll(file, bytes, at)
        hash.update(bytes)
        await writing
        at += bytes.length
      }
    }
    await writeAll(file, withHash(header, hash), 0)
    return unchanged()
  })
}

function bytesOf(tensor: Tensor, first: number, count: number, where: string): Uint8Array {
  tensor.check(where)
  const elements = elementArray(tensor.dtype, count)
  try {
    native.read(tensor.rawHandle, first, elements)
  } catch (error) {
    throw nativeError(error, where)
  }
  return new Uint8Array(elements.buffer)
}

/** The header with the hash in place of the noughts, which stand before all that anybody named; lengths are equal. */
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
    /** The file in messages, behind who reads it. */
    readonly named: string,
    private readonly file: FileHandle,
    private readonly headerBytes: Uint8Array,
    readonly header: Header,
  ) {}

  /**
   * Opens a file for what is done with it, and closes it then.
   * @throws MyelinError ERR_FORMAT for a file that is missing, truncated, hostile or something else
   */
  static async use<T>(where: string, path: string, work: (file: TensorFile) => Promise<T>): Promise<T> {
    const named = `[${where}] ${checkPath(where, path)}`
    const handle = await open(path).catch((error: unknown) => {
      throw cannotRead(named, error)
    })
    try {
      return await work(await TensorFile.of(handle, named))
    } catch (error) {
      throw isOfSystem(error) ? cannotRead(named, error) : error
    } finally {
      await handle.close()
    }
  }

  private static async of(file: FileHandle, named: string): Promise<TensorFile> {
    const { size } = await file.stat()
    const first = await readAt(file, 0, Math.min(lengthBytes, size), named)
    const header = await readAt(file, lengthBytes, headerBytes(first, size, named), named)
    return new TensorFile(named, file, header, parseHeader(header, size - lengthBytes - header.length, named))
  }

  /** A text of the metadata; undefined if there is none. */
  text(name: string): string | undefined {
    return this.header.metadata.get(name)
  }

  /** The error for a file that is not what it should be. */
  fault(what: string, cause?: unknown): MyelinError {
    return unreadable(this.named, what, cause)
  }

  /**
   * The tensors by name, in dtypes of ours: F16, BF16 and F64 become float32, whole numbers int32. Whoever asked frees them.
   * @param wanted which ones; default all
   * @throws MyelinError ERR_FORMAT for a file that is not what was written, by its hash if there is one; ERR_DTYPE for elements that no
   *   dtype of ours holds; ERR_MEMORY
   */
  async read(wanted: (name: string) => boolean = () => true): Promise<Map<string, Tensor>> {
    const tensors = new Map<string, Tensor>()
    try {
      await this.readInto((name, entry) => {
        if (!wanted(name)) return null
        const tensor = this.room(name, entry)
        tensors.set(name, tensor)
        return tensor
      })
      return tensors
    } catch (error) {
      for (const tensor of tensors.values()) tensor.dispose()
      throw error
    }
  }

  /**
   * Reads tensors into others, which have their shapes and the dtypes that fit. If it throws, some of these may have been written over.
   * @param target where a tensor goes; null: it is not wanted
   * @throws MyelinError as {@link read}
   */
  async readInto(target: (name: string, entry: Entry) => Tensor | null): Promise<void> {
    const hash = this.newHash()
    for (const [name, entry] of this.header.entries) {
      const tensor = target(name, entry)
      if (tensor !== null || hash !== null) await this.readElements(name, entry, tensor, hash)
      if (tensor instanceof Parameter) tensor.version++
    }
    if (hash !== null && hash.digest('hex') !== this.text(hashName))
      throw this.fault(
        `is damaged: it does not have the hash that it was written with. If other software wrote it anew, leave ${hashName} out of ` +
          'its metadata there',
      )
  }

  /** Over the header as it was before it said the hash; null for a file without one. */
  private newHash(): Hash | null {
    const said = this.text(hashName)
    if (said === undefined) return null
    const header = Buffer.from(this.headerBytes)
    const at = header.indexOf(`"${hashName}":"${said}"`)
    if (at >= 0) header.write(noHash, at + hashName.length + 4)
    return createHash('sha256').update(header)
  }

  /** Room for a tensor. @throws MyelinError ERR_DTYPE if no dtype of ours holds its elements; ERR_MEMORY */
  room(name: string, { dtype, shape }: Entry): Tensor {
    const fitting = fittingDType(dtype)
    if (fitting === null)
      throw new MyelinError(
        'ERR_DTYPE',
        `${this.named} has ${show(name)} of dtype ${dtype}, which no dtype here can hold`,
      )
    const tensor = empty(shape, fitting)
    track(tensor, null)
    return tensor
  }

  private async readElements(name: string, entry: Entry, tensor: Tensor | null, hash: Hash | null): Promise<void> {
    const { dtype, shape, begin, end } = entry
    const start = lengthBytes + this.headerBytes.length
    const bytesEach = (end - begin) / Math.max(1, sizeOf(shape))
    for (let at = begin; at < end; ) {
      const bytes = await readAt(this.file, start + at, Math.min(pieceBytes, end - at), this.named)
      hash?.update(bytes)
      if (tensor !== null) {
        const elements = elementsOf(dtype, bytes)
        if (elements === null)
          throw new MyelinError(
            'ERR_DTYPE',
            `${this.named} has whole numbers in ${show(name)} (${dtype}) that int32 cannot hold`,
          )
        tensor.check('read')
        writeAt(tensor, (at - begin) / bytesEach, elements)
      }
      at += bytes.length
    }
  }
}

async function readAt(file: FileHandle, position: number, length: number, named: string): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, length - done, position + done)
    if (bytesRead === 0) throw unreadable(named, `is truncated: it ends at byte ${position + done}`)
    done += bytesRead
  }
  return bytes
}

const isOfSystem = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error && typeof error.syscall === 'string'

const cannotRead = (named: string, error: unknown): MyelinError =>
  unreadable(named, `cannot be read: ${(error as Error).message}`, error)

import type { ElementArray } from '../native/binding.js'
import type { DType } from '../tensor/dtype.js'
import type { FileDType } from './safetensors.js'

/** The dtype here that takes the elements of one of the format's; null if there is none. */
export const fittingDType = (dtype: FileDType): DType | null =>
  Object.hasOwn(readers, dtype) ? (readers[dtype]?.dtype ?? null) : null

/** Elements in the dtype that takes them; null if one of them is beyond it. @param bytes whole elements, aligned to 8 bytes */
export const elementsOf = (dtype: FileDType, bytes: Uint8Array): ElementArray | null =>
  readers[dtype]?.read(bytes) ?? null

interface Reader {
  readonly dtype: DType
  read(bytes: Uint8Array): ElementArray | null
}

const reader = (dtype: DType, read: Reader['read']): Reader => ({ dtype, read })

/** Bytes as numbers of a kind. Every machine that this runs on is little-endian, as the format is. */
function as<T>(
  kind: { new (buffer: ArrayBufferLike, at: number, length: number): T; BYTES_PER_ELEMENT: number },
  bytes: Uint8Array,
): T {
  return new kind(bytes.buffer, bytes.byteOffset, bytes.length / kind.BYTES_PER_ELEMENT)
}

const readers: Partial<Record<FileDType, Reader>> = {
  F32: reader('float32', (bytes) => as(Float32Array, bytes)),
  F64: reader('float32', (bytes) => Float32Array.from(as(Float64Array, bytes))),
  F16: reader('float32', (bytes) => widened(bytes, halfAsSingle)),
  BF16: reader('float32', (bytes) => widened(bytes, (bits) => bits << 16)),
  I32: reader('int32', (bytes) => as(Int32Array, bytes)),
  I16: reader('int32', (bytes) => Int32Array.from(as(Int16Array, bytes))),
  I8: reader('int32', (bytes) => Int32Array.from(as(Int8Array, bytes))),
  U16: reader('int32', (bytes) => Int32Array.from(as(Uint16Array, bytes))),
  U32: reader('int32', (bytes) => fitted(as(Uint32Array, bytes))),
  I64: reader('int32', (bytes) => fitted(as(BigInt64Array, bytes))),
  U64: reader('int32', (bytes) => fitted(as(BigUint64Array, bytes))),
  U8: reader('uint8', (bytes) => bytes),
  BOOL: reader('bool', (bytes) => bytes.map((byte) => (byte === 0 ? 0 : 1))),
}

function fitted(numbers: Uint32Array | BigInt64Array | BigUint64Array): Int32Array | null {
  const fitting = new Int32Array(numbers.length)
  for (let i = 0; i < numbers.length; i++) {
    const n = Number(numbers[i])
    if (n !== (n | 0)) return null
    fitting[i] = n
  }
  return fitting
}

/** Numbers of 16 bits as float32. @param widen the bits of the float32 */
function widened(bytes: Uint8Array, widen: (bits: number) => number): Float32Array {
  const narrow = as(Uint16Array, bytes)
  const wide = new Int32Array(narrow.length)
  for (let i = 0; i < narrow.length; i++) wide[i] = widen(narrow[i] as number)
  return new Float32Array(wide.buffer)
}

/** The bits of a float16 (IEEE 754 binary16) as those of the float32 of equal value. */
function halfAsSingle(bits: number): number {
  const sign = (bits & 0x8000) << 16
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13)
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13)
  if (fraction === 0) return sign
  const shift = Math.clz32(fraction) - 21
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13)
}

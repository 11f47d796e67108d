import { MyelinError } from '../native/error.js'
import { type TypedArray, tensor, tensorInSlices } from '../tensor/creation.js'
import type { NestedArray } from '../tensor/format.js'
import { formatShape } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'

/** A typed array with the shape of the tensor that its elements fill. */
export interface ShapedArray {
  data: TypedArray
  shape: readonly number[]
}

/** What can stand for a tensor wherever a model takes data; the first axis counts the samples. */
export type TensorData = Tensor | TypedArray | ShapedArray | NestedArray

/** Data as a tensor, and whether whoever asked has to dispose of it, since it was made for him. */
export interface Samples {
  samples: Tensor
  owned: boolean
}

/** One batch of an iterable: inputs and targets. */
export type BatchData = readonly [x: TensorData, y: TensorData]

/** Batches made elsewhere: an array of them, a generator, a stream. */
export type BatchIterable = Iterable<BatchData> | AsyncIterable<BatchData>

/**
 * Data as a tensor with at least one axis, and whether it was made here, so that whoever asked has to dispose of it.
 * @param where what an error message begins with: `fit`
 * @param name the argument's name: `x`
 * @throws MyelinError ERR_ARGUMENT, ERR_SHAPE, ERR_DTYPE, ERR_DISPOSED
 */
export function toSamples(
  data: unknown,
  where: string,
  name: string,
  owned: boolean = !(data instanceof Tensor),
): Samples {
  const samples = data instanceof Tensor ? data : makeTensor(data, where, name)
  samples.check(where)
  if (samples.rank > 0) return { samples, owned }
  if (owned) samples.dispose()
  throw new MyelinError('ERR_SHAPE', `[${where}] ${name} is a single number; its first axis must count the samples`)
}

/** The same, a large typed array being copied slice by slice while the event loop turns. */
export async function toSamplesInSlices(data: unknown, where: string, name: string): Promise<Samples> {
  const { data: values, shape } = isShaped(data) ? data : { data, shape: undefined }
  if (
    !ArrayBuffer.isView(values) ||
    values instanceof DataView ||
    values instanceof BigInt64Array ||
    values instanceof BigUint64Array
  )
    return toSamples(data, where, name)
  return toSamples(await named(where, name, tensorInSlices(values as TypedArray, shape)), where, name, true)
}

/** Whether the argument is an iterable of batches, as against one tensor's data. */
export function isBatchIterable(data: unknown): data is BatchIterable {
  if (typeof data !== 'object' || data === null || data instanceof Tensor || ArrayBuffer.isView(data)) return false
  if (Array.isArray(data)) return Array.isArray(data[0]) && isWhole(data[0][0])
  return Symbol.iterator in data || Symbol.asyncIterator in data
}

/** Data that is a tensor by itself, other than nested arrays. */
function isWhole(value: unknown): boolean {
  return value instanceof Tensor || ArrayBuffer.isView(value) || isShaped(value)
}

function isShaped(value: unknown): value is ShapedArray {
  return typeof value === 'object' && value !== null && 'data' in value && 'shape' in value
}

/** Says of an error which argument it is about. */
function about(error: unknown, where: string, name: string): unknown {
  return error instanceof MyelinError
    ? new MyelinError(error.code, `[${where}] ${name}: ${error.message}`, { cause: error })
    : error
}

const named = (where: string, name: string, made: Promise<Tensor>): Promise<Tensor> =>
  made.catch((error: unknown) => {
    throw about(error, where, name)
  })

function makeTensor(data: unknown, where: string, name: string): Tensor {
  try {
    if (isShaped(data)) return tensor(data.data, data.shape)
    if (ArrayBuffer.isView(data) || Array.isArray(data)) return tensor(data as TypedArray | NestedArray)
  } catch (error) {
    throw about(error, where, name)
  }
  throw new MyelinError(
    'ERR_ARGUMENT',
    `[${where}] ${name} must be a Tensor, a typed array, { data, shape }, or nested arrays, got ${describe(data)}`,
  )
}

function describe(value: unknown): string {
  if (value === undefined || value === null) return String(value)
  return typeof value === 'object'
    ? `a ${value.constructor?.name ?? 'bare object'}`
    : `${typeof value} ${String(value)}`
}

/** Inputs and targets of the same samples. @throws MyelinError ERR_ARGUMENT if their numbers differ */
export function checkPair(x: Tensor, y: Tensor, where: string): void {
  if (x.shape[0] !== y.shape[0])
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[${where}] x has ${x.shape[0]} samples, y has ${y.shape[0]}: x is ${formatShape(x.shape)}, y is ${formatShape(y.shape)}`,
    )
}

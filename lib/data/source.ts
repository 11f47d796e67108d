import { copyOf } from '../core/copies.js'
import { MyelinError } from '../core/error.js'
import { isListOf, isPlainObject } from '../core/kinds.js'
import { show } from '../core/show.js'
import { tensor, tensorInSlices } from '../tensor/creation.js'
import type { NestedArray } from '../tensor/format.js'
import { Tensor } from '../tensor/tensor.js'
import { isNumberArray, type TypedArray } from '../tensor/values.js'

/** A typed array with the shape of the tensor that its elements fill. */
export interface ShapedArray {
  data: TypedArray
  shape: readonly number[]
}

/** Data that can stand for a tensor wherever a model takes data; the first axis counts the samples. */
export type TensorData = Tensor | TypedArray | ShapedArray | NestedArray

/** Data as a tensor, and whether whoever asked has to dispose of it, since it was made for the purpose. */
export interface Samples {
  samples: Tensor
  owned: boolean
}

/** Frees those that were made for whoever asked. */
export function disposeOwned(made: readonly (Samples | null)[]): void {
  for (const part of made) if (part?.owned) part.samples.dispose()
}

/**
 * Data for the tensors of a model with several inputs or outputs: a list in their order, or a record by their
 * names. A model with one takes the data itself.
 */
export type ModelData = TensorData | readonly TensorData[] | { readonly [name: string]: TensorData }

/** One batch of an iterable: inputs, targets, and if wanted the weights of its samples in the loss. */
export type BatchData = readonly [x: ModelData, y: ModelData, sampleWeight?: ModelData]

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

/** {@link toSamples}, a large typed array being copied slice by slice while the event loop turns. */
export async function toSamplesInSlices(data: unknown, where: string, name: string): Promise<Samples> {
  const { data: values, shape } = isShaped(data) ? data : { data, shape: undefined }
  if (!isNumberArray(values)) return toSamples(data, where, name)
  return toSamples(await named(where, name, tensorInSlices(values, shape)), where, name, true)
}

/**
 * Whether the argument is an iterable of batches, as against data in memory.
 * @param several whether the model has several inputs: its batches begin with a list or a record of them
 */
export function isBatchIterable(data: unknown, several = false): data is BatchIterable {
  if (typeof data !== 'object' || data === null || isWhole(data)) return false
  if (Array.isArray(data)) return isBatch(data[0], several)
  return Symbol.iterator in data || Symbol.asyncIterator in data
}

/** Whether an entry of an array can only be a batch, and not a part of nested arrays, or a list of inputs. */
export function isBatch(entry: unknown, several: boolean): entry is BatchData {
  if (!Array.isArray(entry) || entry.length < 2) return false
  const [x] = entry
  return isRecord(x) || (Array.isArray(x) && isWhole(x[0])) || (!several && isWhole(x))
}

/** Whether an array without targets beside it is a list of batches, which may be of nested arrays then. */
export function isBatchList(data: unknown): data is readonly BatchData[] {
  return isListOf(data, isPairOrTriple) && data.length > 0
}

const isPairOrTriple = (entry: unknown): boolean =>
  Array.isArray(entry) && (entry.length === 2 || entry.length === 3) && typeof entry[0] === 'object'

/** Data that is a tensor by itself, other than nested arrays. */
export function isWhole(value: unknown): boolean {
  return value instanceof Tensor || ArrayBuffer.isView(value) || isShaped(value)
}

/** Data by name. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (!isPlainObject(value) || isShaped(value) || copyOf(value) !== null) return false
  return !(Symbol.iterator in value) && !(Symbol.asyncIterator in value)
}

/** Whether it is a typed array with a shape, by its look. */
export function isShaped(value: unknown): value is ShapedArray {
  if (typeof value !== 'object' || value === null || !('data' in value) || !('shape' in value)) return false
  return !(value instanceof Tensor) && copyOf(value) === null && Array.isArray(value.shape)
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
    `[${where}] ${name} must be a Tensor, a typed array, { data, shape }, or nested arrays, got ${show(data)}`,
  )
}

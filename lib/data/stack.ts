import { MyelinError } from '../core/error.js'
import { show } from '../core/show.js'
import { createFrom, tensor } from '../tensor/creation.js'
import { type DType, elementArray } from '../tensor/dtype.js'
import type { NestedArray } from '../tensor/format.js'
import { formatShape, type Shape, sameShape, sizeOf } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import { fittingDType, isNumberArray, type TypedArray } from '../tensor/values.js'
import { disposeElement } from './element.js'
import { isRecord, isShaped } from './source.js'

/**
 * Samples one above the other: each value of a sample becomes a row of a tensor [samples, …]. Numbers give float32, booleans
 * bool, arrays the dtype that fits. The samples' own tensors stay as they are.
 * @param samples at least one; an array is a tuple such as [x, y], whose parts are values, nested arrays of numbers, or arrays
 *   and objects of such parts
 * @throws MyelinError ERR_SHAPE, ERR_DTYPE, ERR_ARGUMENT if they differ in their structure, shapes or dtypes
 */
export function stackSamples(samples: readonly unknown[]): unknown {
  const [first] = samples
  return Array.isArray(first) ? stackParts(samples, first, '') : stackPart(samples, '')
}

const tupleNames = ['x', 'y', 'sampleWeight']

function stackPart(parts: readonly unknown[], name: string): unknown {
  const [first] = parts
  if (isRecord(first)) return stackParts(parts, first, name)
  if (Array.isArray(first) && typeof first[0] === 'object' && !Array.isArray(first[0]))
    return stackParts(parts, first, name)
  return stackLeaves(parts, name)
}

/** The parts of arrays or objects, each stacked by itself. */
function stackParts(
  values: readonly unknown[],
  first: readonly unknown[] | Readonly<Record<string, unknown>>,
  name: string,
): unknown {
  const keys = Object.keys(first)
  const made: [string, unknown][] = []
  try {
    for (const key of keys) {
      const own = Array.isArray(first) && name === '' ? (tupleNames[Number(key)] ?? key) : key
      const parts = values.map((value) => partOf(value, key, keys.length, name))
      made.push([key, stackPart(parts, name === '' ? own : `${name}.${own}`)])
    }
  } catch (error) {
    for (const [, part] of made) disposeElement(part)
    throw error
  }
  return Array.isArray(first) ? made.map(([, part]) => part) : Object.fromEntries(made)
}

function partOf(value: unknown, key: string, count: number, name: string): unknown {
  const own = Array.isArray(value) ? value.length : isRecord(value) ? Object.keys(value).length : undefined
  if (own === count && Object.hasOwn(value as object, key)) return (value as Record<string, unknown>)[key]
  throw wrong('ERR_ARGUMENT', name, 'the samples of a batch differ in their parts; all must look like the first')
}

function stackLeaves(leaves: readonly unknown[], name: string): Tensor {
  const first = toRow(leaves[0], name)
  const { shape, dtype } = first
  const size = sizeOf(shape)
  const values = elementArray(dtype, leaves.length * size)
  for (const [i, leaf] of leaves.entries()) {
    const row = i === 0 ? first : toRow(leaf, name)
    if (!sameShape(row.shape, shape))
      throw wrong(
        'ERR_SHAPE',
        name,
        `sample ${i} of the batch is ${formatShape(row.shape)}, the first ${formatShape(shape)}`,
      )
    if (row.dtype !== dtype)
      throw wrong('ERR_DTYPE', name, `sample ${i} of the batch is ${row.dtype}, the first ${dtype}`)
    if (typeof row.values === 'number') values[i] = row.values
    else values.set(row.values, i * size)
  }
  return createFrom(values, [leaves.length, ...shape], dtype)
}

interface Row {
  shape: Shape
  dtype: DType
  values: TypedArray | number
}

const scalar: Shape = []

function toRow(leaf: unknown, name: string): Row {
  if (typeof leaf === 'number') return { shape: scalar, dtype: 'float32', values: leaf }
  if (typeof leaf === 'boolean') return { shape: scalar, dtype: 'bool', values: Number(leaf) }
  if (leaf instanceof Tensor) return { shape: leaf.shape, dtype: leaf.dtype, values: leaf.data() }
  if (isNumberArray(leaf)) return { shape: [leaf.length], dtype: fittingDType(leaf), values: leaf }
  if (isShaped(leaf) && isNumberArray(leaf.data) && sizeOf(leaf.shape) === leaf.data.length)
    return { shape: leaf.shape, dtype: fittingDType(leaf.data), values: leaf.data }
  if (Array.isArray(leaf)) return fromNested(leaf)
  throw wrong(
    'ERR_ARGUMENT',
    name,
    `a sample's value must be a number, a Tensor, a typed array, { data, shape } that fit, or nested arrays of numbers; got ${show(leaf)}`,
  )
}

function fromNested(leaf: NestedArray): Row {
  const made = tensor(leaf)
  try {
    return { shape: made.shape, dtype: made.dtype, values: made.data() }
  } finally {
    made.dispose()
  }
}

function wrong(code: 'ERR_ARGUMENT' | 'ERR_SHAPE' | 'ERR_DTYPE', name: string, what: string): MyelinError {
  return new MyelinError(code, `[Dataset.batch] ${name === '' ? '' : `${name}: `}${what}`)
}

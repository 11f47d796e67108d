import {
  isBigInt64Array,
  isBigUint64Array,
  isFloat32Array,
  isInt32Array,
  isTypedArray,
  isUint8Array,
  isUint8ClampedArray,
} from 'node:util/types'
import { MyelinError } from '../core/error.js'
import { show } from '../core/show.js'
import type { ElementArray } from '../native/binding.js'
import { type DType, elementArray } from './dtype.js'
import type { NestedArray } from './format.js'
import { checkShape, formatShape, maxRank, type Shape } from './shape.js'
import { Tensor } from './tensor.js'

/** Everything that has `length` and numbers in it. A Float64Array is rounded to float32. */
export type TypedArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint8ClampedArray
  | Uint16Array
  | Uint32Array

/** The elements of a tensor to be, and the shape that they have by themselves. */
interface Values {
  values: ElementArray
  dtype: DType
  natural: number[]
}

/**
 * A typed array's elements, in the dtype that is asked for or that fits.
 * @throws MyelinError ERR_DTYPE for 64-bit integers and views of bytes
 */
export function fromTyped(data: ArrayBufferView, given: DType | undefined): Values {
  if (!isNumberArray(data))
    throw new MyelinError('ERR_DTYPE', `[tensor] ${show(data)} is not an array of numbers of a known dtype`)
  if (data.length === 0) refuseDetached(data)
  const dtype = given ?? fittingDType(data)
  return { values: convert(data, dtype), dtype, natural: [data.length] }
}

/** Whether it is a typed array of numbers, of whichever realm: bytes without a type and 64-bit integers are none. */
export const isNumberArray = (value: unknown): value is TypedArray =>
  isTypedArray(value) && !isBigInt64Array(value) && !isBigUint64Array(value)

/** An array whose buffer went elsewhere looks like an empty one, but for its methods. */
function refuseDetached(data: TypedArray): void {
  try {
    data.includes(0)
  } catch (error) {
    throw new MyelinError(
      'ERR_ARGUMENT',
      '[tensor] the array has no elements any more: its buffer was detached (transferred, say to a worker), or is too small now',
      { cause: error },
    )
  }
}

/** The dtype of a typed array where none is named: int32 and uint8 stay, all else is float32. */
export function fittingDType(source: TypedArray): DType {
  if (isInt32Array(source)) return 'int32'
  return isUint8Array(source) || isUint8ClampedArray(source) ? 'uint8' : 'float32'
}

/** The values in the dtype's own array, by the rules of `cast`: whole numbers saturate, NaN gives 0, bool is x ≠ 0. */
export function convert(source: TypedArray | readonly number[], dtype: DType): ElementArray {
  if (dtype === 'float32' && isFloat32Array(source)) return source
  if (dtype === 'int32' && isInt32Array(source)) return source
  if (dtype === 'uint8' && isUint8Array(source)) return source
  const values = elementArray(dtype, source.length)
  if (dtype === 'float32') values.set(source)
  else if (dtype === 'bool') for (let i = 0; i < source.length; i++) values[i] = source[i] !== 0 ? 1 : 0
  else {
    const [least, most] = dtype === 'uint8' ? [0, 255] : [-(2 ** 31), 2 ** 31 - 1]
    for (let i = 0; i < source.length; i++) values[i] = Math.min(Math.max(source[i] as number, least), most)
  }
  return values
}

/**
 * The elements of nested arrays, or a lone number. All booleans make bool, else it is float32.
 * @throws MyelinError ERR_SHAPE if lengths differ, ERR_ARGUMENT for a value that is no number
 */
export function fromNested(data: NestedArray, given: DType | undefined): Values {
  const natural: number[] = []
  for (let level: NestedArray | undefined = data; Array.isArray(level) && natural.length <= maxRank; level = level[0])
    natural.push(level.length)
  checkShape(natural, 'tensor')
  const flat: number[] = []
  let booleans = true
  const visit = (value: NestedArray, axis: number): void => {
    if (Array.isArray(value)) {
      if (value.length !== natural[axis]) throw ragged(natural)
      for (const item of value) visit(item, axis + 1)
      return
    }
    if (axis !== natural.length) throw ragged(natural)
    if (typeof value === 'number') booleans = false
    else if (typeof value !== 'boolean') throw notANumber(value)
    flat.push(Number(value))
  }
  visit(data, 0)
  const dtype = given ?? (booleans && flat.length > 0 ? 'bool' : 'float32')
  return { values: convert(flat, dtype), dtype, natural }
}

/** Other things that somebody may try to make a tensor of, with the way that leads there. */
function notANumber(value: unknown): MyelinError {
  const way =
    value instanceof Tensor
      ? 'a Tensor; join tensors by stack or concat, change the dtype by cast'
      : ArrayBuffer.isView(value)
        ? `${show(value)} inside an array; put all values into one typed array and give the shape`
        : typeof value === 'string'
          ? `the string ${show(value)}`
          : show(value)
  return new MyelinError('ERR_ARGUMENT', `[tensor] every value must be a number or a boolean, got ${way}`)
}

function ragged(shape: Shape): MyelinError {
  return new MyelinError(
    'ERR_SHAPE',
    `[tensor] the nested arrays are ragged: a regular one would be ${formatShape(shape)}`,
  )
}

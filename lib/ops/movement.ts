import { identityOp } from '../autodiff/identity.js'
import { MyelinError } from '../core/error.js'
import { isListOf } from '../core/kinds.js'
import { show } from '../core/show.js'
import { checkDType, type DType } from '../tensor/dtype.js'
import type { Op } from '../tensor/op.js'
import { call } from '../tensor/recorder.js'
import { freeOnFailure } from '../tensor/scope.js'
import {
  checkShape,
  formatShape,
  normalizeAxes,
  normalizeAxis,
  type Shape,
  sameShape,
  sizeOf,
} from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { broadcastsRows, checkTensor, defineOp, resizeRows } from './define.js'

// Elements in another shape, order or dtype, put together or cut apart.

const reshapeOp = defineOp<Shape>('reshape', {
  native: null,
  infer: ([x], shape) => [{ shape, dtype: x.dtype }],
  forRows: resizeRows,
  gradient: ({ inputs: [x] }, [dy]) => [reshape(dy, x.shape)],
  saves: 'none',
})

/**
 * The elements of a tensor in another shape; shares storage.
 * @param shape one size may be −1: what is left for it
 */
export function reshape(x: Tensor, shape: readonly number[]): Tensor {
  checkTensor(x, 'reshape')
  return call(reshapeOp, [x], resolve(x, shape))
}

function resolve(x: Tensor, shape: readonly number[]): Shape {
  const open = Array.isArray(shape) ? shape.indexOf(-1) : -1
  const result = open < 0 ? shape : shape.map((n, i) => (i === open ? 1 : n))
  checkShape(result, 'reshape')
  const rest = sizeOf(result)
  if (open >= 0 && rest > 0 && x.size % rest === 0) return result.map((n, i) => (i === open ? x.size / rest : n))
  if (open >= 0 || rest !== x.size)
    throw new MyelinError(
      'ERR_SHAPE',
      `[reshape] ${formatShape(x.shape)} has ${x.size} elements, which do not fill ${formatShape(shape)}`,
    )
  return [...result]
}

/** All elements along one axis. Shares storage. */
export const flatten = (x: Tensor): Tensor => reshape(x, [checkTensor(x, 'flatten').size])

// Axes of size 1 come and go; both share storage.

/** A new axis of size 1 before `axis` (default 0; negative counts from the end of the result: −1 adds a last one). */
export function expandDims(x: Tensor, axis = 0): Tensor {
  const at = normalizeAxis(axis, checkTensor(x, 'expandDims').rank + 1, 'expandDims')
  return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)])
}

/**
 * Without the named axes, which must have size 1, or (default) without all that have.
 * @throws MyelinError ERR_SHAPE for a named axis of another size
 */
export function squeeze(x: Tensor, axis?: number | readonly number[]): Tensor {
  const { shape, rank } = checkTensor(x, 'squeeze')
  if (axis === undefined)
    return reshape(
      x,
      shape.filter((n) => n !== 1),
    )
  const axes = normalizeAxes(axis, rank, 'squeeze')
  const wrong = axes.find((a) => shape[a] !== 1)
  if (wrong !== undefined)
    throw new MyelinError(
      'ERR_SHAPE',
      `[squeeze] axis ${wrong} has size ${shape[wrong]}, not 1: the shape is ${formatShape(shape)}`,
    )
  return reshape(
    x,
    shape.filter((_, i) => !axes.includes(i)),
  )
}

const transposeOp = defineOp<readonly number[]>('transpose', {
  infer: ([x], permutation) => [{ shape: permutation.map((axis) => x.shape[axis] as number), dtype: x.dtype }],
  encode: (permutation) => permutation,
  rowWise: (_, [first]) => first === 0,
  gradient: ({ attrs }, [dy]) => [transpose(dy, inverse(attrs))],
  saves: 'none',
})

/** Axis i of the result is axis permutation[i] of x. Default: the axes in reverse, for a matrix its transpose. */
export function transpose(x: Tensor, permutation?: readonly number[]): Tensor {
  checkTensor(x, 'transpose')
  if (permutation !== undefined && !Array.isArray(permutation))
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[transpose] takes the axes of ${formatShape(x.shape)} in one array, such as [1, 0]; got ${show(permutation)}`,
    )
  const axes = permutation
    ? Array.from(permutation, (axis) => normalizeAxis(axis, x.rank, 'transpose'))
    : x.shape.map((_, i) => x.rank - 1 - i)
  if (new Set(axes).size !== x.rank || axes.length !== x.rank)
    throw new MyelinError('ERR_ARGUMENT', `[transpose] ${show(permutation)} does not name each of ${x.rank} axes once`)
  return call(transposeOp, [x], axes)
}

function inverse(permutation: readonly number[]): number[] {
  const result = new Array<number>(permutation.length)
  permutation.forEach((axis, i) => {
    result[axis] = i
  })
  return result
}

/** Applies f, which works along the last axis and keeps the shape, along another. @internal */
export function onLastAxis(x: Tensor, axis: number, f: (x: Tensor) => Tensor): Tensor {
  if (axis === x.rank - 1) return f(x)
  const swap = x.shape.map((_, i) => (i === axis ? x.rank - 1 : i === x.rank - 1 ? axis : i))
  return transpose(f(transpose(x, swap)), swap)
}

// Cutting out and padding are each other's gradient.

interface Part {
  begin: readonly number[]
  size: readonly number[]
}

const sliceOp: Op<Part, [x: Tensor], [y: Tensor]> = defineOp<Part>('slice', {
  infer: ([x], { size }) => [{ shape: size, dtype: x.dtype }],
  encode: ({ begin }) => begin,
  rowWise: ([x], { size }) => x?.shape[0] === size[0],
  forRows: ({ begin, size }, rows, of) => ({ begin, size: resizeRows(size, rows, of) }),
  gradient: ({ inputs: [x], attrs: { begin } }, [dy]) => [
    call(padOp, [dy], { before: begin, shape: x.shape, value: 0 }),
  ],
  saves: 'none',
})

/**
 * The part of x that begins at `begin` (one number an axis; negative ones count from the end; missing ones are 0) and has the
 * given size (default, and −1: up to the end).
 * @throws MyelinError ERR_ARGUMENT if the part reaches over the edge
 */
export function slice(x: Tensor, begin: number | readonly number[], size?: number | readonly number[]): Tensor {
  checkTensor(x, 'slice')
  const isNumber = (place: unknown): boolean => typeof place === 'number'
  const isPlace = (place: unknown): boolean => isNumber(place) || isListOf(place, isNumber)
  if (!isPlace(begin) || (size !== undefined && !isPlace(size)))
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[slice] begin and size must each be a number or an array of them, got ${show(begin)}, ${show(size)} for ${formatShape(x.shape)}`,
    )
  const begins = typeof begin === 'number' ? [begin] : begin
  const sizes = size === undefined ? [] : typeof size === 'number' ? [size] : size
  const from = x.shape.map((n, i) => ((begins[i] ?? 0) < 0 ? (begins[i] as number) + n : (begins[i] ?? 0)))
  const extent = x.shape.map((n, i) => ((sizes[i] ?? -1) === -1 ? n - (from[i] as number) : (sizes[i] as number)))
  const inside = x.shape.every((n, i) => {
    const [b, s] = [from[i] as number, extent[i] as number]
    return Number.isInteger(b) && Number.isInteger(s) && b >= 0 && s >= 0 && b + s <= n
  })
  if (!inside || begins.length > x.rank || sizes.length > x.rank)
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[slice] begin ${formatShape(begins)}, size ${formatShape(extent)} is no part of ${formatShape(x.shape)}`,
    )
  return call(sliceOp, [x], { begin: from, size: extent })
}

interface Padding {
  before: readonly number[]
  shape: Shape
  value: number
}

const padOp: Op<Padding, [x: Tensor], [y: Tensor]> = defineOp<Padding>('pad', {
  infer: ([x], { shape }) => [{ shape, dtype: x.dtype }],
  encode: ({ before, value }) => [...before, value],
  rowWise: ([x], { shape }) => x?.shape[0] === shape[0],
  forRows: (attrs, rows, of) => ({ ...attrs, shape: resizeRows(attrs.shape, rows, of) }),
  gradient: ({ inputs: [x], attrs: { before } }, [dy]) => [call(sliceOp, [dy], { begin: before, size: x.shape })],
  saves: 'none',
})

/** x with `paddings[axis] = [before, after]` elements of `value` (default 0) around it. */
export function pad(x: Tensor, paddings: readonly (readonly [number, number])[], value = 0): Tensor {
  checkTensor(x, 'pad')
  if (!isListOf(paddings, (p) => isListOf(p, isCount) && p.length === 2) || paddings.length !== x.rank)
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[pad] needs [before, after], whole numbers from 0, for each axis of ${formatShape(x.shape)}, got ${show(paddings)}`,
    )
  if (typeof value !== 'number')
    throw new MyelinError('ERR_ARGUMENT', `[pad] value must be a number, got ${show(value)}`)
  const shape = x.shape.map((n, i) => n + (paddings[i]?.[0] ?? 0) + (paddings[i]?.[1] ?? 0))
  checkShape(shape, 'pad')
  return call(padOp, [x], { before: paddings.map(([before]) => before), shape, value })
}

const isCount = (n: unknown): boolean => Number.isInteger(n) && (n as number) >= 0

const concatOp = defineOp<number, [first: Tensor, ...others: Tensor[]]>('concat', {
  infer(inputs, axis) {
    const [first] = inputs
    const total = inputs.reduce((n, x) => n + (x.shape[axis] as number), 0)
    return [{ shape: first.shape.map((n, i) => (i === axis ? total : n)), dtype: first.dtype }]
  },
  encode: (axis) => [axis],
  rowWise: (_, axis, rowed) => axis !== 0 && !rowed.includes(false),
  gradient({ inputs: [first, ...others], attrs: axis }, [dy]) {
    let at = 0
    const partOf = (x: Tensor): Tensor | null => {
      const begin = x.shape.map((_, i) => (i === axis ? at : 0))
      at += x.shape[axis] as number
      return x.requiresGrad ? slice(dy, begin, x.shape) : null
    }
    return [partOf(first), ...others.map(partOf)]
  },
  saves: 'none',
})

/** Tensors behind one another along an axis (default 0); all other sizes agree. Different dtypes give float32. */
export function concat(tensors: readonly Tensor[], axis = 0): Tensor {
  if (!Array.isArray(tensors) || tensors.length === 0)
    throw new MyelinError('ERR_ARGUMENT', '[concat] needs an array of at least one tensor')
  const first = checkTensor(tensors[0], 'concat', 'tensors[0]')
  const along = normalizeAxis(axis, first.rank, 'concat')
  for (const [i, x] of tensors.entries()) {
    checkTensor(x, 'concat', `tensors[${i}]`)
    if (x.rank !== first.rank || x.shape.some((n: number, d: number) => d !== along && n !== first.shape[d]))
      throw new MyelinError(
        'ERR_SHAPE',
        `[concat] all sizes but those of axis ${along} must agree: tensors[0] is ${formatShape(first.shape)}, tensors[${i}] is ${formatShape(x.shape)}`,
      )
  }
  const convert = tensors.every((x) => x.dtype === first.dtype) ? (x: Tensor) => x : toFloat
  return call(concatOp, [convert(first), ...tensors.slice(1).map(convert)], along)
}

/**
 * Tensors of one shape side by side along a new axis (default 0; negative counts from the end of the result).
 * @throws MyelinError ERR_SHAPE, ERR_ARGUMENT for none
 */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  if (!Array.isArray(tensors) || tensors.length === 0)
    throw new MyelinError('ERR_ARGUMENT', '[stack] needs an array of at least one tensor')
  const { shape, rank } = checkTensor(tensors[0], 'stack', 'tensors[0]')
  for (const [i, x] of tensors.entries()) {
    if (!sameShape(checkTensor(x, 'stack', `tensors[${i}]`).shape, shape))
      throw new MyelinError(
        'ERR_SHAPE',
        `[stack] all shapes must agree: tensors[0] is ${formatShape(shape)}, tensors[${i}] is ${formatShape(x.shape)}`,
      )
  }
  const at = normalizeAxis(axis, rank + 1, 'stack')
  return freeOnFailure(() =>
    concat(
      tensors.map((x) => expandDims(x, at)),
      at,
    ),
  )
}

/**
 * x cut up along an axis (default 0): what `concat` joins again.
 * @param sizesOrCount the size of each part, or how many equal parts
 * @throws MyelinError ERR_ARGUMENT if the sizes do not add up to the axis' size, or the count does not divide it
 */
export function split(x: Tensor, sizesOrCount: number | readonly number[], axis = 0): Tensor[] {
  const along = normalizeAxis(axis, checkTensor(x, 'split').rank, 'split')
  let end = 0
  return partSizes(x, sizesOrCount, along).map((size) => {
    const begin = x.shape.map((_, i) => (i === along ? end : 0))
    end += size
    return slice(
      x,
      begin,
      x.shape.map((n, i) => (i === along ? size : n)),
    )
  })
}

function partSizes(x: Tensor, sizesOrCount: number | readonly number[], axis: number): readonly number[] {
  const n = x.shape[axis] as number
  if (typeof sizesOrCount === 'number') {
    if (Number.isInteger(sizesOrCount) && sizesOrCount > 0 && n % sizesOrCount === 0)
      return new Array<number>(sizesOrCount).fill(n / sizesOrCount)
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[split] axis ${axis} of ${formatShape(x.shape)} cannot be cut into ${sizesOrCount} equal parts`,
    )
  }
  // A copy, whose holes are undefined.
  const sizes: readonly number[] = Array.isArray(sizesOrCount) ? [...sizesOrCount] : []
  if (sizes.length > 0 && sizes.every((s) => Number.isInteger(s) && s >= 0) && sizes.reduce((a, b) => a + b) === n)
    return sizes
  throw new MyelinError(
    'ERR_ARGUMENT',
    `[split] needs a count, or whole sizes that add up to ${n}, axis ${axis} of ${formatShape(x.shape)}; got ${show(sizesOrCount)}`,
  )
}

const castOp = defineOp<DType>('cast', {
  infer: ([x], dtype) => [{ shape: x.shape, dtype }],
  rowWise: broadcastsRows,
  gradient: ({ inputs: [x] }, [dy]) => [x.dtype === 'float32' ? dy : null],
  saves: 'none',
})

/**
 * The elements in another dtype. float32 → int32 truncates towards zero and saturates, NaN gives 0; → bool is x ≠ 0.
 * A gradient passes only from float32 to float32.
 */
export function cast(x: Tensor, dtype: DType): Tensor {
  checkTensor(x, 'cast')
  return x.dtype === checkDType(dtype, 'cast') ? call(identityOp, [x], undefined) : call(castOp, [x], dtype)
}

/** The dtype that transcendental ops compute in. @internal */
export const toFloat = (x: Tensor): Tensor => (x.dtype === 'float32' ? x : call(castOp, [x], 'float32'))

/** The dtype that arithmetic on a tensor computes in: float32, or int32 for the three kinds of whole numbers. @internal */
export const arithmeticOf = ({ dtype }: Tensor): DType => (dtype === 'float32' ? dtype : 'int32')

/** @internal */
export const toArithmetic = (x: Tensor): Tensor => (x.dtype === arithmeticOf(x) ? x : call(castOp, [x], 'int32'))

import { MyelinError } from '../core/error.js'
import { isListOf } from '../core/kinds.js'
import { show } from '../core/show.js'
import type { Op } from '../tensor/op.js'
import { checkShape, formatShape, type Shape } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { call, checkTensor, defineOp } from './define.js'
import { resizeRows } from './row-wise.js'

// Cutting out and padding are each other's gradient, so they share a file.

interface Part {
  begin: readonly number[]
  size: readonly number[]
}

const sliceOp: Op<Part> = defineOp<Part>('slice', {
  infer: ([x], { size }) => [{ shape: size, dtype: (x as Tensor).dtype }],
  encode: ({ begin }) => begin,
  rowWise: ([x], { size }) => x?.shape[0] === size[0],
  forRows: ({ begin, size }, rows, of) => ({ begin, size: resizeRows(size, rows, of) }),
  gradient: ({ inputs: [x], attrs: { begin } }, [dy]) => [
    call(padOp, [dy as Tensor], { before: begin, shape: (x as Tensor).shape, value: 0 }),
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

const padOp: Op<Padding> = defineOp<Padding>('pad', {
  infer: ([x], { shape }) => [{ shape, dtype: (x as Tensor).dtype }],
  encode: ({ before, value }) => [...before, value],
  rowWise: ([x], { shape }) => x?.shape[0] === shape[0],
  forRows: (attrs, rows, of) => ({ ...attrs, shape: resizeRows(attrs.shape, rows, of) }),
  gradient: ({ inputs: [x], attrs: { before } }, [dy]) => [
    call(sliceOp, [dy as Tensor], { begin: before, size: (x as Tensor).shape }),
  ],
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

import { identityOp } from '../autodiff/identity.js'
import { checkFlag } from '../core/check.js'
import { MyelinError } from '../core/error.js'
import { isListOf } from '../core/kinds.js'
import { show } from '../core/show.js'
import type { DType } from '../tensor/dtype.js'
import type { Op } from '../tensor/op.js'
import { call } from '../tensor/recorder.js'
import { freeOnFailure } from '../tensor/scope.js'
import { checkShape, formatShape, normalizeAxes, reducedShape, type Shape, sameShape, sizeOf } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { checkTensor, defineOp, ofOne, resizeRows, type UnaryGradient } from './define.js'
import { arithmeticOf, reshape } from './movement.js'

// A sum and a broadcast are each other's gradient, which every op that broadcasts needs; other reductions are made as the sum is.

const sumOp = reduction('sum', {
  gradient: (dy, x, _, { kept }) => spread(dy, kept, x.shape),
  saves: 'none',
})

/**
 * The sum over one axis, several, or (default) all. float32, accumulated in 64 lanes and a fixed tree, whatever the number of
 * threads; of whole numbers int32, and exact.
 * @throws MyelinError ERR_ARGUMENT for a sum of whole numbers beyond int32; cast them to float32 before
 */
export function sum(x: Tensor, axis?: number | readonly number[], keepDims = false): Tensor {
  return reduceAxes(sumOp, x, checkReduction(x, axis, keepDims, 'sum'), keepDims)
}

const broadcastOp = defineOp<Shape>('broadcastTo', {
  infer: ([x], shape) => [{ shape, dtype: x.dtype }],
  rowWise: ([x], shape) => x?.shape.length === shape.length,
  forRows: resizeRows,
  gradient: ({ inputs: [x] }, [dy]) => [sumTo(dy, x.shape)],
  saves: 'none',
})

/** The tensor repeated along axes of size 1, and along new ones in front. */
export function broadcastTo(x: Tensor, shape: readonly number[]): Tensor {
  checkTensor(x, 'broadcastTo')
  checkShape(shape, 'broadcastTo')
  if (sameShape(x.shape, shape)) return call(identityOp, [x], undefined)
  const fits = x.rank <= shape.length && x.shape.every((n, i) => n === 1 || n === shape[shape.length - x.rank + i])
  if (!fits)
    throw new MyelinError(
      'ERR_SHAPE',
      `[broadcastTo] ${formatShape(x.shape)} cannot be broadcast to ${formatShape(shape)}`,
    )
  return call(broadcastOp, [x], [...shape])
}

/** Undoes a broadcast in the backward pass: sums what came from the same element. @internal */
export function sumTo(dy: Tensor, shape: Shape): Tensor {
  if (sameShape(dy.shape, shape)) return dy
  const added = dy.rank - shape.length
  const axes: number[] = []
  for (let i = 0; i < dy.rank; i++) if (i < added || (shape[i - added] === 1 && dy.shape[i] !== 1)) axes.push(i)
  return reshape(axes.length === 0 ? dy : sum(dy, axes, true), shape)
}

/** The gradient of a reduction, laid out again over what was reduced. @internal */
export function spread(dy: Tensor, kept: Shape, shape: Shape): Tensor {
  return broadcastTo(dy.size === 1 || sameShape(dy.shape, kept) ? dy : reshape(dy, kept), shape)
}

/**
 * x repeated `repeats[i]` times along axis i, as NumPy: with fewer repeats than axes they count for the last axes, with more
 * the result has new axes in front.
 * @throws MyelinError ERR_ARGUMENT
 */
export function tile(x: Tensor, repeats: number | readonly number[]): Tensor {
  const { shape, rank } = checkTensor(x, 'tile')
  const given = typeof repeats === 'number' ? [repeats] : repeats
  if (!isListOf(given, (n) => Number.isInteger(n) && (n as number) >= 0))
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[tile] repeats must be whole numbers from 0 for the axes of ${formatShape(shape)}, got ${show(repeats)}`,
    )
  const all = Math.max(rank, given.length)
  const times = [...new Array<number>(all - given.length).fill(1), ...given]
  const sizes = [...new Array<number>(all - rank).fill(1), ...shape]
  checkShape(
    sizes.map((n, i) => n * (times[i] as number)),
    'tile',
  )
  return freeOnFailure(() => {
    let result = x
    times.forEach((count, axis) => {
      if (count === 1) return
      // Sizes before the axis and behind one index of it: the latter is repeated as a whole.
      const [before, behind] = [sizeOf(sizes.slice(0, axis)), sizeOf(sizes.slice(axis))]
      result = broadcastTo(reshape(result, [before, 1, behind]), [before, count, behind])
      sizes[axis] = (sizes[axis] as number) * count
    })
    return reshape(result, sizes)
  })
}

/** A reduction of neighbouring axes: the input seen as [outer, n, inner], of which n disappears. */
export interface Reduction {
  readonly outer: number
  readonly n: number
  readonly inner: number
  /** The result's shape. */
  readonly shape: Shape
  /** That shape with 1 where an axis was reduced. */
  readonly kept: Shape
}

export type ReductionOp = Op<Reduction, [x: Tensor], [y: Tensor]>

interface ReductionDefinition {
  gradient?: UnaryGradient<Reduction>
  saves?: Op['saves']
  /** Default: float32, or int32 of whole numbers. */
  dtype?: DType
}

export function reduction(name: string, { dtype, gradient, saves }: ReductionDefinition): ReductionOp {
  return defineOp<Reduction>(name, {
    infer: ([x], { shape }) => [{ shape, dtype: dtype ?? arithmeticOf(x) }],
    encode: ({ outer, n, inner }) => [outer, n, inner],
    rowWise: ([x], { kept }) => x?.shape[0] === kept[0],
    forRows: ({ outer, n, inner, shape, kept }, rows, of) => ({
      outer: (outer / of) * rows,
      n,
      inner,
      shape: resizeRows(shape, rows, of),
      kept: resizeRows(kept, rows, of),
    }),
    gradient: gradient && ofOne(gradient),
    saves,
  })
}

/**
 * Refuses a reduction that has no value of nothing, where some of its results would be of nothing. Where there are no results either, as
 * for an empty batch [0, 3] along its last axis, all is well.
 * @throws MyelinError ERR_SHAPE
 */
export function refuseNothing(name: string, { shape, size }: Tensor, axes: readonly number[]): void {
  if (size === 0 && sizeOf(reducedShape(shape, axes, false)) > 0)
    throw new MyelinError('ERR_SHAPE', `[${name}] of nothing: the shape is ${formatShape(shape)}`)
}

/**
 * Refuses what no reduction takes.
 * @returns the axes, counted from the front and sorted
 * @throws MyelinError ERR_ARGUMENT
 */
export function checkReduction(
  x: Tensor,
  axis: number | readonly number[] | undefined,
  keepDims: boolean,
  name: string,
): number[] {
  checkTensor(x, name)
  checkFlag(name, 'keepDims', keepDims)
  return normalizeAxes(axis, x.rank, name)
}

/** Reduces one run of neighbouring axes after the other, from the last. Axes are sorted. */
export function reduceAxes(op: ReductionOp, x: Tensor, axes: readonly number[], keepDims: boolean): Tensor {
  if (axes.length === x.rank) return call(op, [x], whole(x, keepDims))
  if (axes.length === 0) return call(identityOp, [x], undefined)
  let result = x
  let end = axes.length
  while (end > 0) {
    let start = end - 1
    while (start > 0 && axes[start - 1] === (axes[start] as number) - 1) start--
    result = reduceRun(op, result, axes.slice(start, end), keepDims)
    end = start
  }
  return result
}

function whole(x: Tensor, keepDims: boolean): Reduction {
  const kept = x.shape.map(() => 1)
  return { outer: 1, n: x.size, inner: 1, shape: keepDims ? kept : [], kept }
}

function reduceRun(op: ReductionOp, x: Tensor, axes: readonly number[], keepDims: boolean): Tensor {
  const first = axes[0] as number
  const last = axes[axes.length - 1] as number
  return call(op, [x], {
    outer: sizeOf(x.shape.slice(0, first)),
    n: sizeOf(x.shape.slice(first, last + 1)),
    inner: sizeOf(x.shape.slice(last + 1)),
    shape: reducedShape(x.shape, axes, keepDims),
    kept: reducedShape(x.shape, axes, true),
  })
}

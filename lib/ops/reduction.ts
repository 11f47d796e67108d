import { identityOp } from '../autodiff/identity.js'
import { checkFlag } from '../core/check.js'
import { MyelinError } from '../core/error.js'
import type { DType } from '../tensor/dtype.js'
import type { Gradient, Op } from '../tensor/op.js'
import { formatShape, normalizeAxes, reducedShape, type Shape, sizeOf } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { arithmeticOf } from './cast.js'
import { call, checkTensor, defineOp } from './define.js'
import { resizeRows } from './row-wise.js'

/** A reduction of neighbouring axes: the input seen as [outer, n, inner], of which n disappears. */
export interface Reduction {
  readonly outer: number
  readonly n: number
  readonly inner: number
  /** The result's shape. */
  readonly shape: Shape
  /** The same with 1 where an axis was reduced. */
  readonly kept: Shape
}

interface ReductionDefinition {
  gradient?: Gradient<Reduction>
  saves?: Op['saves']
  /** Default: float32, or int32 of whole numbers. */
  dtype?: DType
}

export function reduction(name: string, { dtype, ...definition }: ReductionDefinition): Op<Reduction> {
  return defineOp<Reduction>(name, {
    infer: ([x], { shape }) => [{ shape, dtype: dtype ?? arithmeticOf(x as Tensor) }],
    encode: ({ outer, n, inner }) => [outer, n, inner],
    rowWise: ([x], { kept }) => x?.shape[0] === kept[0],
    forRows: ({ outer, n, inner, shape, kept }, rows, of) => ({
      outer: (outer / of) * rows,
      n,
      inner,
      shape: resizeRows(shape, rows, of),
      kept: resizeRows(kept, rows, of),
    }),
    ...definition,
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
export function reduceAxes(op: Op<Reduction>, x: Tensor, axes: readonly number[], keepDims: boolean): Tensor {
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

function reduceRun(op: Op<Reduction>, x: Tensor, axes: readonly number[], keepDims: boolean): Tensor {
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

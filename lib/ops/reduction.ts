import { identityOp } from '../autodiff/identity.js'
import type { DType } from '../tensor/dtype.js'
import type { Gradient, Op } from '../tensor/op.js'
import { reducedShape, type Shape, sizeOf } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { arithmeticOf } from './cast.js'
import { call, defineOp } from './define.js'

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
    ...definition,
  })
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

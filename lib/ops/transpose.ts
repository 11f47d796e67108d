import { MyelinError } from '../core/error.js'
import { show } from '../core/show.js'
import { formatShape, normalizeAxis } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { call, checkTensor, defineOp } from './define.js'

const transposeOp = defineOp<readonly number[]>('transpose', {
  infer: ([x], permutation) => [
    { shape: permutation.map((axis) => (x as Tensor).shape[axis] as number), dtype: (x as Tensor).dtype },
  ],
  encode: (permutation) => permutation,
  rowWise: (_, [first]) => first === 0,
  gradient: ({ attrs }, [dy]) => [transpose(dy as Tensor, inverse(attrs))],
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

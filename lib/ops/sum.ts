import { identityOp } from '../autodiff/identity.js'
import { MyelinError } from '../core/error.js'
import { checkShape, formatShape, type Shape, sameShape } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { call, checkTensor, defineOp } from './define.js'
import { checkReduction, reduceAxes, reduction } from './reduction.js'
import { reshape } from './reshape.js'
import { resizeRows } from './row-wise.js'

// A sum and a broadcast are each other's gradient, so they share a file.

const sumOp = reduction('sum', {
  gradient: ({ inputs: [x], attrs }, [dy]) => [spread(dy as Tensor, attrs.kept, (x as Tensor).shape)],
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
  infer: ([x], shape) => [{ shape, dtype: (x as Tensor).dtype }],
  rowWise: ([x], shape) => x?.shape.length === shape.length,
  forRows: resizeRows,
  gradient: ({ inputs: [x] }, [dy]) => [sumTo(dy as Tensor, (x as Tensor).shape)],
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

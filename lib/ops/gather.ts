import { MyelinError } from '../core/error.js'
import type { Op } from '../tensor/op.js'
import { normalizeAxis, type Shape, sizeOf } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { cast } from './cast.js'
import { call, checkTensor, defineOp } from './define.js'
import { resizeRows } from './row-wise.js'

// Picking rows and adding rows up are each other's gradient, so they share a file.

interface Rows {
  outer: number
  n: number
  inner: number
  /** The result's shape. */
  shape: Shape
  /** Turns uint8 into float32 on the way. */
  scale?: number
}

const encode = ({ outer, n, inner, scale }: Rows): number[] =>
  scale === undefined ? [outer, n, inner] : [outer, n, inner, scale]

const gatherOp: Op<Rows> = defineOp<Rows>('gather', {
  infer: ([x], { shape, scale }) => [{ shape, dtype: scale === undefined ? (x as Tensor).dtype : 'float32' }],
  encode,
  // A table that is the same for all, in which each row looks up its own.
  rowWise: ([, indices], { outer, shape }, [x]) => x === false && outer === 1 && indices?.shape[0] === shape[0],
  forRows: (attrs, rows, of) => ({ ...attrs, shape: resizeRows(attrs.shape, rows, of) }),
  gradient: ({ inputs: [x, indices], attrs }, [dy]) => [
    call(scatterOp, [dy as Tensor, indices as Tensor], { ...attrs, shape: (x as Tensor).shape }),
    null,
  ],
})

const scatterOp: Op<Rows> = defineOp<Rows>('scatterAdd', {
  infer: ([dy], { shape }) => [{ shape, dtype: (dy as Tensor).dtype }],
  encode,
  gradient: ({ inputs: [dy, indices], attrs }, [ddx]) => [
    call(gatherOp, [ddx as Tensor, indices as Tensor], { ...attrs, shape: (dy as Tensor).shape }),
    null,
  ],
})

/**
 * The slices of x along an axis (default 0) that the indices name, in their order.
 * @param indices whole numbers from −n to n − 1, of any shape, which takes the axis' place
 * @throws MyelinError ERR_ARGUMENT for an index outside
 */
export function gather(x: Tensor, indices: Tensor, axis = 0): Tensor {
  const along = normalizeAxis(axis, checkTensor(x, 'gather').rank, 'gather')
  const picked = indexTensor(indices, 'gather')
  return call(gatherOp, [x, picked], {
    outer: sizeOf(x.shape.slice(0, along)),
    n: x.shape[along] as number,
    inner: sizeOf(x.shape.slice(along + 1)),
    shape: [...x.shape.slice(0, along), ...picked.shape, ...x.shape.slice(along + 1)],
  })
}

/** A mini-batch: rows of a data set, uint8 ones converted to float32 and multiplied by `scale` on the way. */
export function gatherRows(x: Tensor, indices: Tensor, scale?: number): Tensor {
  const [n, ...row] = x.shape as [number, ...number[]]
  const attrs = { outer: 1, n, inner: sizeOf(row), shape: [indices.size, ...row] }
  return call(gatherOp, [x, indices], scale === undefined || x.dtype !== 'uint8' ? attrs : { ...attrs, scale })
}

/** Indices as the native ops read them. */
function indexTensor(indices: Tensor, op: string): Tensor {
  const { dtype } = checkTensor(indices, op, 'indices')
  if (dtype === 'float32' || dtype === 'bool')
    throw new MyelinError(
      'ERR_DTYPE',
      `[${op}] indices must be whole numbers (int32 or uint8), got ${dtype}; cast them`,
    )
  return cast(indices, 'int32')
}

import { MyelinError } from '../core/error.js'
import { checkShape, formatShape, type Shape, sizeOf } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { call, checkTensor, defineOp } from './define.js'
import { resizeRows } from './row-wise.js'

const reshapeOp = defineOp<Shape>('reshape', {
  native: null,
  infer: ([x], shape) => [{ shape, dtype: (x as Tensor).dtype }],
  forRows: resizeRows,
  gradient: ({ inputs: [x] }, [dy]) => [reshape(dy as Tensor, (x as Tensor).shape)],
  saves: 'none',
})

/**
 * The same elements in another shape; shares storage.
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

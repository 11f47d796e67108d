import { identityOp } from '../autodiff/identity.js'
import { checkDType, type DType } from '../tensor/dtype.js'
import type { Tensor } from '../tensor/tensor.js'
import { call, checkTensor, defineOp } from './define.js'
import { broadcastsRows } from './row-wise.js'

const castOp = defineOp<DType>('cast', {
  infer: ([x], dtype) => [{ shape: (x as Tensor).shape, dtype }],
  rowWise: broadcastsRows,
  gradient: ({ inputs: [x] }, [dy]) => [(x as Tensor).dtype === 'float32' ? (dy as Tensor) : null],
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

/** What transcendental ops compute in. @internal */
export const toFloat = (x: Tensor): Tensor => (x.dtype === 'float32' ? x : call(castOp, [x], 'float32'))

/** What arithmetic on a tensor computes in: float32, or int32 for the three kinds of whole numbers. @internal */
export const arithmeticOf = ({ dtype }: Tensor): DType => (dtype === 'float32' ? dtype : 'int32')

/** @internal */
export const toArithmetic = (x: Tensor): Tensor => (x.dtype === arithmeticOf(x) ? x : call(castOp, [x], 'int32'))

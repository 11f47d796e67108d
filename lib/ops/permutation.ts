import { checkShape } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { call, defineOp } from './define.js'
import { encodeAddress, type RandomAddress } from './dropout.js'

const permutationOp = defineOp<RandomAddress & { n: number }>('permutation', {
  infer: (_, { n }) => [{ shape: [n], dtype: 'int32' }],
  encode: encodeAddress,
  perStep: true,
})

/** The numbers 0 … n − 1 in random order, int32 [n]. */
export function permutation(n: number, address: RandomAddress): Tensor {
  checkShape([n], 'permutation')
  return call(permutationOp, [], { ...address, n })
}

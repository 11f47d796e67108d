import { checkRange } from '../core/check.js'
import { checkOptions } from '../core/names.js'
import { zeros } from '../tensor/creation.js'
import type { Op } from '../tensor/op.js'
import { encodeAddress, type RandomAddress, type RandomSource, randomAddress } from '../tensor/random.js'
import { call } from '../tensor/recorder.js'
import { freeOnFailure } from '../tensor/scope.js'
import { checkShape } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { where } from './comparison.js'
import { checkTensor, defineOp } from './define.js'
import { toFloat } from './movement.js'

interface Dropout extends RandomAddress {
  rate: number
}

const dropoutOp: Op<Dropout, [x: Tensor], [y: Tensor]> = defineOp<Dropout>('dropout', {
  infer: (inputs) => inputs,
  encode: (attrs, ahead) => [...encodeAddress(attrs, ahead), attrs.rate],
  perStep: true,
  elementwise: true,
  // The mask is drawn again from the same address instead of being kept.
  gradient: ({ attrs }, [dy]) => [call(dropoutOp, [dy], attrs)],
  saves: 'none',
})

/**
 * Sets a random share `rate` of the elements to 0 and divides the others by 1 − rate (inverted dropout; Srivastava et al. 2014).
 * @param rate from 0 to 1, which gives zeros
 * @param options seed: with it the mask is always the same; default: the next draw under `setSeed`
 * @throws MyelinError ERR_ARGUMENT
 */
export function dropout(x: Tensor, rate: number, options: RandomSource = {}): Tensor {
  checkTensor(x, 'dropout')
  checkRange('dropout', 'rate', rate, 0, 1)
  checkOptions(options, ['seed', 'stream', 'call'], 'dropout')
  if (rate === 1) return nothingOf(x)
  const address = randomAddress(options, 'dropout')
  return call(dropoutOp, [toFloat(x)], { ...address, rate })
}

/** Zeros for x, infinite and undefined elements too, through which no gradient comes but zeros. @internal */
export const nothingOf = (x: Tensor): Tensor => freeOnFailure(() => where(zeros([], { dtype: 'bool' }), toFloat(x), 0))

const permutationOp = defineOp<RandomAddress & { n: number }, []>('permutation', {
  infer: (_, { n }) => [{ shape: [n], dtype: 'int32' }],
  encode: encodeAddress,
  perStep: true,
})

/** The numbers 0 … n − 1 in random order, int32 [n]. */
export function permutation(n: number, address: RandomAddress): Tensor {
  checkShape([n], 'permutation')
  return call(permutationOp, [], { ...address, n })
}

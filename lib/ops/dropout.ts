import { MyelinError } from '../native/error.js'
import type { Op } from '../tensor/op.js'
import { type Call, callNumber, nextCall, seedWords, streams } from '../tensor/random.js'
import type { Tensor } from '../tensor/tensor.js'
import { toFloat } from './cast.js'
import { call, checkTensor, defineOp } from './define.js'

/** Where the random numbers of one call come from; see tensor/random.ts. */
export interface RandomAddress {
  /** Default: the global seed. */
  seed?: number
  stream: number
  call: Call
}

/** An address as the native random ops read it. @internal */
export const encodeAddress = ({ seed, stream, call }: RandomAddress, ahead: number): number[] => [
  ...seedWords(seed),
  stream,
  callNumber(call, ahead),
]

interface Dropout extends RandomAddress {
  rate: number
}

const dropoutOp: Op<Dropout> = defineOp<Dropout>('dropout', {
  infer: (inputs) => inputs,
  encode: (attrs, ahead) => [...encodeAddress(attrs, ahead), attrs.rate],
  perStep: true,
  elementwise: true,
  // The mask is drawn again from the same address instead of being kept.
  gradient: ({ attrs }, [dy]) => [call(dropoutOp, [dy as Tensor], attrs)],
  saves: 'none',
})

/**
 * Sets a random share `rate` of the elements to 0 and divides the others by 1 − rate (inverted dropout; Srivastava et al. 2014).
 * @param rate from 0 up to, but not including, 1
 */
export function dropout(x: Tensor, rate: number, address?: RandomAddress): Tensor {
  if (!(rate >= 0 && rate < 1))
    throw new MyelinError('ERR_ARGUMENT', `[dropout] rate must lie in [0, 1), got ${String(rate)}`)
  const { creation } = streams
  const from = address ?? { stream: creation, call: nextCall(creation) }
  return call(dropoutOp, [toFloat(checkTensor(x, 'dropout'))], { ...from, rate })
}

import { checkRange } from '../core/check.js'
import { checkOptions } from '../core/names.js'
import { zeros } from '../tensor/creation.js'
import type { Op } from '../tensor/op.js'
import { type Call, callNumber, checkSeed, nextCall, seedWords, streams } from '../tensor/random.js'
import { freeOnFailure } from '../tensor/scope.js'
import type { Tensor } from '../tensor/tensor.js'
import { toFloat } from './cast.js'
import { call, checkTensor, defineOp } from './define.js'
import { where } from './where.js'

/** Where the random numbers of one call come from; see tensor/random.ts. */
export interface RandomAddress {
  /** Default: the global seed. */
  seed?: number
  stream: number
  call: Call
}

/** An address of which parts may be missing. */
export interface RandomSource {
  /** With a seed alone the draw is always the same. Default: the next draw under `setSeed`. */
  seed?: number
  /** Default: that of tensors drawn by users. @internal */
  stream?: number
  /** Default: the stream's next, with a seed 0. @internal */
  call?: Call
}

/** An address as the native random ops read it. @internal */
export const encodeAddress = ({ seed, stream, call }: RandomAddress, ahead: number): number[] => [
  ...seedWords(seed),
  stream,
  callNumber(call, ahead),
]

/** Fills in what is missing. @internal */
export function randomAddress({ seed, stream = streams.creation, call }: RandomSource, where: string): RandomAddress {
  if (seed === undefined) return { stream, call: call ?? nextCall(stream) }
  return { seed: checkSeed(seed, where), stream, call: call ?? 0 }
}

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

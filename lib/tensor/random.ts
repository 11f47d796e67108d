import { MyelinError } from '../native/error.js'

// Every random consumer draws from its own counter-based stream: a draw is a function of (seed, stream, call, element)
// and of nothing else, so it does not depend on threads and can be done again instead of being stored.

let seed = 0
const calls = new Map<number, number>()
const firstLayerStream = 16
let layerStreams = firstLayerStream

/** Fixes every draw from here on: the same seed gives the same numbers. @param value a whole number from 0 to 2⁵³ − 1 */
export function setSeed(value: number): void {
  seed = checkSeed(value)
  calls.clear()
  layerStreams = firstLayerStream
}

export function checkSeed(value: number): number {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new MyelinError('ERR_ARGUMENT', `[setSeed] the seed must be a whole number from 0 to 2**53 - 1, got ${String(value)}`)
  return value
}

/** A seed's low and high 32 bits, as the native ops take them. */
export function seedWords(value: number = seed): [low: number, high: number] {
  checkSeed(value)
  return [value >>> 0, Math.floor(value / 2 ** 32)]
}

/** The streams of the consumers that there is one of. Layers have numbers of their own, see {@link nextStream}. */
export const streams = { creation: 0, initializer: 1, shuffle: 2 } as const

/** A stream for one more layer: counted from the last {@link setSeed}, so that a network built again draws the same. */
export function nextStream(): number {
  return layerStreams++
}

/** Numbers the draws of a stream since the last {@link setSeed}, from 0. */
export function nextCall(stream: number): number {
  const call = calls.get(stream) ?? 0
  calls.set(stream, call + 1)
  return call
}

import { wrong } from '../core/check.js'
import { isListOf } from '../core/kinds.js'
import { show } from '../core/show.js'
import { draw } from '../tensor/creation.js'
import { streams, takeCall } from '../tensor/random.js'
import { eagerly } from '../tensor/recorder.js'

/** Whole numbers drawn evenly from 0 to n − 1. */
export type RandomSource = (n: number) => number

/**
 * Draws one number after the other (xoshiro128**, Blackman and Vigna 2018), for orders that are made in JavaScript. It starts
 * from one draw of the shuffling stream, so `setSeed` fixes it, and how the draws of several sources interleave does not matter.
 * @param seed fixes the numbers, whatever `setSeed` says. Default: the next draw under the global seed
 * @param call which draw it is, under a seed the number of a pass. Default: the first under a seed, else the next
 */
export function randomSource(seed?: number, call?: number): RandomSource {
  const state = startingState(seed, call)
  return (n) => Math.floor((next(state) / 2 ** 32) * n)
}

/** The numbers of the draws by which the orders of one pass through data are made. */
export class OrderDraws {
  private readonly made: number[] = []

  /** @param again those of a pass that is gone through again: they come first */
  constructor(private readonly again: readonly number[] = []) {}

  /** Those so far in their order, and those that are still to come again. */
  get known(): readonly number[] {
    return [...this.made, ...this.again.slice(this.made.length)]
  }

  /** The next number. @param draw makes it, where it was not made before */
  next(draw: () => number): number {
    const number = this.again[this.made.length] ?? draw()
    this.made.push(number)
    return number
  }
}

/** As much of a pass through data as its order goes by. */
export interface OrderedPass {
  /** How many passes count as gone before it: those of a run that goes on are more than there were here. */
  readonly gone: number
  readonly draws: OrderDraws
}

/** The orders that one stage shuffles into, another at each pass. */
export class ShuffleOrders {
  /** How many of those under its seed were given. */
  passes = 0

  /** @param seed as in {@link randomSource} */
  constructor(private readonly seed?: number) {}

  /** That of the next pass. */
  next({ gone, draws }: OrderedPass): RandomSource {
    const { seed } = this
    if (seed === undefined) return randomSource(undefined, draws.next(nextShuffle))
    const number = draws.next(() => Math.max(this.passes, gone))
    this.passes = Math.max(this.passes, number + 1)
    return randomSource(seed, number)
  }
}

/** How many of the orders under a seed each of a Dataset's stages has given. */
export const shuffleCounts = (orders: readonly ShuffleOrders[] = []): readonly number[] =>
  orders.map(({ passes }) => passes)

/** Checks what {@link shuffleCounts} gave; what is returned brings it back. @throws MyelinError ERR_ARGUMENT */
export function restoringShuffles(orders: readonly ShuffleOrders[] = [], given: unknown, where: string): () => void {
  const counts = checkNumbers(given, where, 'the orders that a Dataset gave')
  if (counts.length !== orders.length)
    throw wrong(where, `the Dataset shuffles ${orders.length} times, that of the state ${counts.length} times`)
  return () => {
    for (const [i, stage] of orders.entries()) stage.passes = counts[i] as number
  }
}

/** Whole numbers from 0 in a state. */
export function checkNumbers(given: unknown, where: string, what: string): readonly number[] {
  if (isListOf(given, isCount)) return given
  throw wrong(where, `${what} in the state must be a list of whole numbers from 0, got ${show(given)}`)
}

const isCount = (entry: unknown): entry is number => Number.isSafeInteger(entry) && (entry as number) >= 0

/** The number of the next order under the global seed. */
export const nextShuffle = (): number => takeCall(streams.shuffle)

/** The numbers 0 … n − 1 in random order (Fisher and Yates). */
export function randomOrder(n: number, random: RandomSource): Int32Array {
  const order = Int32Array.from({ length: n }, (_, i) => i)
  shuffleInPlace(order, random)
  return order
}

/** Brings the elements of an array into random order. */
export function shuffleInPlace(values: Int32Array, random: RandomSource): void {
  for (let i = values.length - 1; i > 0; i--) {
    const j = random(i + 1)
    const value = values[i] as number
    values[i] = values[j] as number
    values[j] = value
  }
}

type State = Uint32Array

function startingState(seed: number | undefined, call: number | undefined): State {
  const { shuffle: stream } = streams
  const drawn = eagerly(() => draw('randomUniform', [4], [0, 1], { seed, stream, call }))
  // float32 draws have 24 random bits; the odd constant keeps the state from being all zero.
  const state = Uint32Array.from(drawn.data(), (value) => Math.imul(Math.floor(value * 2 ** 24), 0x9e3779b1))
  drawn.dispose()
  state[0] = (state[0] as number) | 1
  for (let i = 0; i < 8; i++) next(state)
  return state
}

/** One step of xoshiro128**: 32 random bits. */
function next(state: State): number {
  let [a = 0, b = 0, c = 0, d = 0] = state
  const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0
  const shifted = b << 9
  c ^= a
  d ^= b
  b ^= c
  a ^= d
  c ^= shifted
  d = rotateLeft(d, 11)
  state.set([a, b, c, d])
  return result
}

const rotateLeft = (bits: number, by: number): number => (bits << by) | (bits >>> (32 - by))

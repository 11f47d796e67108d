import { ambient } from '../core/ambient.js'
import { MyelinError } from '../core/error.js'
import { show } from '../core/show.js'
import { installSeed } from '../native/runtime.js'

// Every random consumer draws from its own counter-based stream: a draw is a function of (seed, stream, call, element)
// and of nothing else, so it does not depend on threads and can be done again instead of being stored.

/** A seed, and how far its streams have been drawn. */
interface Draws {
  seed: number
  calls: Map<number, number>
  /** Counters of consumers with a seed of their own, which {@link setSeed} leaves alone. */
  ownCalls: WeakMap<object, number>
}

const drawsOf = (seed: number): Draws => ({ seed, calls: new Map(), ownCalls: new WeakMap() })

/**
 * Those of this thread, under a seed drawn anew for each program and each of its threads, as in Keras and NumPy; `runtime.info()` tells
 * it, and {@link setSeed} replaces it.
 */
const global = drawsOf(Math.floor(Math.random() * 2 ** 53))

/** Those in force: the global ones, or of a seed beside it. */
const draws = ambient(global)

installSeed(() => global.seed)

/** Who draws: a stream, or an object with a seed of its own. */
type Drawer = number | object

/** Which draw it is: a number, or in a traced step one that is known when the step runs. */
export type Call = number | StepCall

/** The draws of one traced step: how many each drawer makes. */
export class StepDraws {
  private readonly counts = new Map<Drawer, number>()

  next(drawer: Drawer): StepCall {
    const offset = this.perStep(drawer)
    this.counts.set(drawer, offset + 1)
    return { draws: this, drawer, offset }
  }

  /** Whether a step draws anything. */
  get any(): boolean {
    return this.counts.size > 0
  }

  perStep(drawer: Drawer): number {
    return this.counts.get(drawer) ?? 0
  }

  /** Counts the draws of steps that have run. */
  advance(steps: number): void {
    for (const [drawer, count] of this.counts) setCalls(drawer, callsOf(drawer) + steps * count)
  }
}

interface StepCall {
  readonly draws: StepDraws
  readonly drawer: Drawer
  readonly offset: number
}

/** Those of the step that is being traced, relative to which draws are numbered then; null: none is. */
export const stepDraws = ambient<StepDraws | null>(null)

/** The number of a draw, `ahead` steps after the present one. */
export function callNumber(call: Call, ahead: number): number {
  return typeof call === 'number' ? call : callsOf(call.drawer) + ahead * call.draws.perStep(call.drawer) + call.offset
}

const callsOf = (drawer: Drawer): number =>
  (typeof drawer === 'number' ? draws.value.calls.get(drawer) : draws.value.ownCalls.get(drawer)) ?? 0

function setCalls(drawer: Drawer, to: number): void {
  // A run that takes back what it has not drawn may find the count brought back further by a restored state.
  const count = Math.max(0, to)
  if (typeof drawer === 'number') draws.value.calls.set(drawer, count)
  else draws.value.ownCalls.set(drawer, count)
}

/** How often a consumer with a seed of its own has drawn. @internal */
export const drawsBy = (drawer: object): number => callsOf(drawer)

/** Brings such a consumer to where it had drawn so often. @internal */
export const setDrawsBy = (drawer: object, count: number): void => setCalls(drawer, count)

/** The seed, and by stream how often it was drawn from. @internal */
export const drawsInAll = (): { seed: number; calls: ReadonlyMap<number, number> } => draws.value

/** Brings seed and streams to where they were. @internal */
export function setDrawsInAll(seed: number, calls: ReadonlyMap<number, number>): void {
  Object.assign(draws.value, { seed, calls: new Map(calls) })
}

/**
 * Fixes every draw of this thread from here on: the same seed gives the same numbers. Without it each program draws others, and
 * `runtime.info().seed`, set at the beginning of another run, gives those of this one again.
 * @param value a whole number from 0 to 2⁵³ − 1
 */
export function setSeed(value: number): void {
  const now = draws.value
  now.seed = checkSeed(value, 'setSeed')
  now.calls.clear()
}

/**
 * Draws beside the global ones: what runs the functions that it is given, one after the other, as if `setSeed(value)` had come
 * before the first. Not for what draws after a function has returned.
 * @internal
 */
export function seededDraws(value: number, where: string): <T>(fn: () => T) => T {
  const own = drawsOf(checkSeed(value, where))
  return (fn) => draws.run(own, fn)
}

/** @param where what an error message begins with: the function that was given the seed */
export function checkSeed(value: number, where: string): number {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[${where}] the seed must be a whole number from 0 to 2**53 - 1, got ${show(value)}`,
    )
  return value
}

/** A checked seed's low and high 32 bits, as the native ops take them. */
export function seedWords(value: number = draws.value.seed): [low: number, high: number] {
  return [value >>> 0, Math.floor(value / 2 ** 32)]
}

/** The streams of the consumers that there is one of, and that of layers with a seed of their own. Others are told by {@link streamOf}. */
export const streams = { creation: 0, initializer: 1, shuffle: 2, seededNoise: 8 } as const

/** Numbers below are those of {@link streams}. */
const firstNamed = 16

/**
 * The stream of a layer by its path within its model: a 32-bit hash (FNV-1a). Where two have the same one they draw by turns, each draw
 * another number.
 */
export function streamOf(path: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < path.length; i++) hash = Math.imul(hash ^ path.charCodeAt(i), 0x01000193)
  return Math.max(hash >>> 0, firstNamed)
}

/** Numbers the draws of a drawer, a stream's since the last {@link setSeed}, from 0. */
export function nextCall(drawer: Drawer): Call {
  return stepDraws.value === null ? takeCall(drawer) : stepDraws.value.next(drawer)
}

/** The number of a draw that is made at once, whether a step is being traced or not. */
export function takeCall(drawer: Drawer): number {
  const call = callsOf(drawer)
  setCalls(drawer, call + 1)
  return call
}

/** Where the random numbers of one call come from. */
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

// Shared by the cases: timing, settings of the addon, and the machine's peak.
import { native } from './build.mjs'

/**
 * Microseconds that f takes: the least of several repetitions, each long enough for the clock.
 * @param {() => void} f
 * @param {{ quick: boolean }} settings
 */
export const fastest = (f, settings) => fastestOfEach([f], settings)[0]

/**
 * {@link fastest} of several functions, whose repetitions alternate.
 * @param {(() => void)[]} functions
 * @param {{ quick: boolean }} settings
 * @param prepare called with the position of a function before it has its turn
 */
export function fastestOfEach(functions, { quick }, prepare = () => {}) {
  const calls = functions.map((f, i) => {
    prepare(i)
    return warm(f, quick ? 100 : 300)
  })
  const best = functions.map(() => Number.POSITIVE_INFINITY)
  for (let repetition = 0; repetition < (quick ? 10 : 50); repetition++)
    functions.forEach((f, i) => {
      prepare(i)
      best[i] = Math.min(best[i], time(f, calls[i]) / calls[i])
    })
  return best
}

/** {@link fastest} of one function on each count of threads. */
export function fastestOnThreads(counts, f, settings) {
  const { threads } = native.info()
  try {
    return fastestOfEach(Array(counts.length).fill(f), settings, (i) => {
      native.setThreads(counts[i])
      f()
    })
  } finally {
    native.setThreads(threads)
  }
}

/** Warms caches, the thread pool, and above all the compiler of JavaScript. Returns how many calls take about 3 ms. */
function warm(f, milliseconds) {
  const start = performance.now()
  let calls = 0
  do {
    f()
    calls++
  } while (performance.now() - start < milliseconds)
  return Math.ceil((calls * 3) / (performance.now() - start))
}

function time(f, calls) {
  const start = performance.now()
  for (let i = 0; i < calls; i++) f()
  return (performance.now() - start) * 1000
}

/** Runs f with each instruction set but the baseline and each count of threads, and puts the old setting back. */
export function* everywhere(f) {
  const { isa, isas, threads } = native.info()
  const fused = isas.filter((name) => name !== 'baseline')
  try {
    for (const name of fused.length > 0 ? fused : isas) {
      for (const count of new Set([1, threads])) {
        native.setInstructionSet(name)
        native.setThreads(count)
        yield* f(name, count)
      }
    }
  } finally {
    native.setInstructionSet(isa)
    native.setThreads(threads)
  }
}

const peaks = new Map()

/** The most that this machine does with the instruction set and threads in use; measured once. */
export function peak() {
  const { isa, threads } = native.info()
  const key = `${isa} ${threads}`
  if (!peaks.has(key)) peaks.set(key, native.machinePeak())
  return peaks.get(key)
}

/** Repeatable numbers in [-1, 1). */
export function numbers(n, seed = 1) {
  let state = seed
  return Float32Array.from({ length: n }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 31 - 1
  })
}

// What the cases share: timing, the addon itself, and the machine's peak.
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

/** The addon that the library has loaded: instruction sets can be chosen here. */
export const native = createRequire(import.meta.url)('../build/Release/myelin.node')

/**
 * Microseconds that f takes: the least of several repetitions, each long enough for the clock.
 * @param {() => void} f
 * @param {{ quick: boolean }} settings
 */
export function fastest(f, { quick }) {
  // Warm: caches, the thread pool, and above all the compiler of JavaScript.
  const start = performance.now()
  let warm = 0
  do {
    f()
    warm++
  } while (performance.now() - start < (quick ? 100 : 300))
  const calls = Math.ceil((warm * 3) / (performance.now() - start))
  let best = Number.POSITIVE_INFINITY
  for (let i = 0; i < (quick ? 10 : 50); i++) best = Math.min(best, time(f, calls) / calls)
  return best
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

/** What this machine does at most with the instruction set and threads in use; measured once. */
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

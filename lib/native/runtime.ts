import { native, nativeError } from './binding.js'

export interface RuntimeInfo {
  /** Of the package. */
  version: string
  /** The instruction set in use: MYELIN_ISA, or the best that the processor has. */
  isa: string
  /** Those that this processor could use. */
  isas: string[]
  /** Threads that work on one op, the caller included. */
  threads: number
  /** What computes matrix products: `builtin`, or the library that MYELIN_BLAS named. */
  blas: string
  /** What arithmetic does with numbers below 2⁻¹²⁶ in magnitude: `flush` takes them for zeros, `keep`, by MYELIN_SUBNORMALS, does not. */
  subnormals: 'flush' | 'keep'
  /** The Node-API version that the addon was built for. */
  napi: number
  /** What all draws of this thread hang on: what `setSeed` was given, else what was drawn when the library was loaded. */
  seed: number
}

export interface MemoryInfo {
  /** Native memory of live tensors, in this process. */
  bytes: number
  /** The most that `bytes` has been. */
  peakBytes: number
  /** Live tensors of this thread. */
  tensors: number
}

let seedOf = (): number => 0

/** Says where the seed is. The draws lie a floor above. */
export function installSeed(read: () => number): void {
  seedOf = read
}

/** What the library does and uses. */
export const runtime = {
  info: (): RuntimeInfo => ({ ...native.info(), seed: seedOf() }),

  /** How many threads work on one op: 1 to 256. Default: MYELIN_THREADS, else the cores that the process may use. */
  setThreads(n: number): void {
    try {
      native.setThreads(n)
    } catch (error) {
      throw nativeError(error, 'setThreads')
    }
  },

  memory: (): MemoryInfo => native.memory(),
}

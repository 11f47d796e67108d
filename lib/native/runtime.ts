import { type NativeInfo, native, nativeError } from './binding.js'

export interface RuntimeInfo extends NativeInfo {
  /** The seed of all draws of this thread: that which `setSeed` was given, else one that was drawn when the library was loaded. */
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

/** The state of the library, and what it uses. */
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

import { native } from '../../lib/native/binding.js'

/** The instruction sets that this machine has. */
export const instructionSets: readonly string[] = native.info().isas

/** Those that promise equal bits: all with a fused multiply-add. */
export const equalBits = instructionSets.filter((isa) => isa !== 'baseline')

export function onInstructionSet<T>(isa: string, fn: () => T): T {
  const before = native.info().isa
  native.setInstructionSet(isa)
  try {
    return fn()
  } finally {
    native.setInstructionSet(before)
  }
}

export function withThreads<T>(n: number, fn: () => T): T {
  const before = native.info().threads
  native.setThreads(n)
  try {
    return fn()
  } finally {
    native.setThreads(before)
  }
}

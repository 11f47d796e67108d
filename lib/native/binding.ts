import { type ErrorCode, MyelinError } from '../core/error.js'
import { show } from '../core/show.js'
import { addonFile } from './addon-file.js'
import { requireAddon } from './require.js'

/** The typed arrays that hold a tensor's elements in JavaScript. */
export type ElementArray = Float32Array | Int32Array | Uint8Array

/** A decoded plan and its arena. */
export interface NativePlan {
  readonly nativePlan: unique symbol
}

/** The tensors that a plan's bindings stand for, in their order. The run keeps their storages alive. */
export type NativeHandles = Int32Array | Float64Array

/** How a run ended, and how many whole steps it did. Of a step that was not finite only the updates are left undone. */
export interface NativeResult {
  status: 'done' | 'aborted' | 'notFinite'
  steps: number
}

/** A run on a thread of its own. */
export interface NativeJob {
  /** Takes effect between two steps. */
  abort(): void
  /** Whole steps done so far. */
  readonly steps: number
  /** Replaces the table, [steps, columns] of the whole run; rows of steps that have begun are not used again. */
  setScalars(scalars: Float64Array): void
}

/** The addon, and what it uses. */
export interface NativeInfo {
  /** Of the package. */
  version: string
  /** The instruction set in use: MYELIN_ISA, or the best that the processor has. */
  isa: string
  /** Those that this processor could use. */
  isas: string[]
  /** Threads that work on one op, the caller included. */
  threads: number
  /** The library that computes matrix products: `builtin`, or the library that MYELIN_BLAS named. */
  blas: string
  /** The treatment of numbers below 2⁻¹²⁶ in magnitude: `flush` takes them for zeros, `keep`, by MYELIN_SUBNORMALS, does not. */
  subnormals: 'flush' | 'keep'
  /** The Node-API version that the addon was built for. */
  napi: number
}

/** The codes by which the addon knows things of one kind, by name: each made of the list that defines them. */
type Codes = Readonly<Record<string, number>>

/** The exports of native/napi/module.cc. Handles are positive integers; every function checks its arguments. */
interface Native {
  readonly opcodes: Codes
  readonly dtypes: Codes
  /** Of those that a matrix product can apply to its result. */
  readonly activations: Codes
  /** Of optimizers. */
  readonly rules: Codes
  /** Of a plan's buffers. */
  readonly bufferKinds: Codes
  /** The most ops that one chain of element-wise ops takes. */
  readonly mostChained: number
  /** Runs one op; see native/napi/run.h for the spec. Output handles are written over the front of the spec. */
  run(spec?: Float64Array): number
  /** The array, in shared memory, that `run()` takes for the spec: the one given first to this addon. */
  shareSpec(spec: Float64Array): Float64Array
  create(dtype: number, shape: readonly number[], data: ArrayBufferView): number
  /** A second handle on the same storage, in another shape. */
  alias(handle: number, shape: readonly number[]): number
  /** Copies the elements of the second, of the same size and dtype, into the first. */
  assign(handle: number, from: number): void
  /** {@link assign} for each pair of two arrays of as many handles, all between the same two steps of whatever runs, or none. */
  assignAll(handles: Float64Array, from: Float64Array): void
  /** Copies elements, from the one at `offset` on, into a typed array of the tensor's dtype, as many as that takes. */
  read(handle: number, offset: number, elements: ElementArray): void
  item(handle: number): number
  release(handle: number): boolean
  /** Releases the first `count` handles; those that are not alive are passed over. */
  releaseAll(handles: Float64Array, count: number): void
  /** A tensor whose elements are all to be written before any is read. */
  empty(dtype: number, shape: readonly number[]): number
  /** Copies a typed array's bytes over a tensor's elements, from the one at `offset` on. */
  write(handle: number, offset: number, data: ArrayBufferView): void
  /** Decodes a PlanSpec, see native/plan/plan.h. */
  planCreate(spec: Float64Array): NativePlan
  /** Whether it was alive. A job that runs it goes on. */
  planDispose(plan: NativePlan): boolean
  /** Runs steps `first`, `first + 1`, … on this thread. `scalars` is [steps, columns]. */
  planRun(plan: NativePlan, handles: NativeHandles, steps: number, first: number, scalars: Float64Array): NativeResult
  /** {@link planRun} on a thread of its own. The callback is called once; until then the job keeps the event loop alive. */
  planStart(
    plan: NativePlan,
    handles: NativeHandles,
    steps: number,
    first: number,
    scalars: Float64Array,
    callback: (error: Error | null, result?: NativeResult) => void,
  ): NativeJob
  /** Measures each instruction from the next step on, beginning at 0. */
  planProfile(plan: NativePlan, on: boolean): void
  /** Nanoseconds an instruction, summed over steps; empty if the plan never was profiled. */
  planTimes(plan: NativePlan): Float64Array
  memory(): { bytes: number; peakBytes: number; tensors: number }
  /** To the operating system, what is free and kept for reuse. */
  giveBackMemory(): void
  info(): NativeInfo
  setThreads(n: number): void
  /** The most that this machine does a second, with the threads and the instruction set in use. For benchmarks. */
  machinePeak(): { flops: number; cacheBytes: number; memoryBytes: number }
  /** For tests; `MYELIN_ISA` is the user's way. */
  setInstructionSet(name: string): void
}

/** A native exception, which carries a code, as a MyelinError that says where it happened, and in which layer if that is known. */
export function nativeError(error: unknown, where: string, layer?: string): MyelinError {
  const { code, message } = error as { code?: string; message: string }
  const known = typeof code === 'string' && code.startsWith('ERR_') ? (code as ErrorCode) : 'ERR_ARGUMENT'
  const behind = layer === undefined ? '' : ` (layer "${layer}")`
  return new MyelinError(known, `[${where}] ${message}${behind}`, { cause: error })
}

/** The tables of codes by what they are codes of, and where a name is added to one. */
const lists = {
  op: ['opcodes', 'native/kernels/elementwise.def if it is on each element by itself, else to native/ops/ops.def'],
  dtype: ['dtypes', 'native/ops/dtypes.def'],
  activation: ['activations', 'native/ops/activations.def'],
  rule: ['rules', 'native/ops/rules.def'],
  'buffer kind': ['bufferKinds', 'native/plan/plan.h'],
} as const

/** The code of a name. @throws MyelinError ERR_PLATFORM for a name that the addon does not have */
export function codeOf(kind: keyof typeof lists, name: string): number {
  const [table, file] = lists[kind]
  const code = native[table][name]
  if (code === undefined)
    throw new MyelinError('ERR_PLATFORM', `no ${kind} ${show(name)}: add it to ${file}, then npm run build:native`)
  return code
}

/** The codes of several names. */
export const codesOf = <Name extends string>(kind: keyof typeof lists, names: readonly Name[]): Record<Name, number> =>
  Object.fromEntries(names.map((name) => [name, codeOf(kind, name)])) as Record<Name, number>

/** The opcode of a native op. @throws MyelinError ERR_PLATFORM for a name that the addon does not have */
export const opcode = (name: string): number => codeOf('op', name)

function load(): Native {
  const file = addonFile()
  try {
    const addon = requireAddon(file) as Partial<Native>
    for (const [table] of Object.values(lists)) if (addon[table] === undefined) throw olderAddon(file, table)
    return addon as Native
  } catch (error) {
    if (error instanceof MyelinError) throw error
    const { code, message } = error as { code?: string; message: string }
    if (code === 'ERR_PLATFORM' || code === 'ERR_ARGUMENT')
      throw new MyelinError(code, withSetting(message), { cause: error })
    throw new MyelinError(
      'ERR_PLATFORM',
      `the native addon ${file} cannot be loaded: ${message.split('\n')[0]}. Build it on this machine, in a checkout: ` +
        '"npm ci && npm pack" makes the package.',
      { cause: error },
    )
  }
}

const olderAddon = (file: string, lacking: string): MyelinError =>
  new MyelinError(
    'ERR_PLATFORM',
    `the native addon ${file} is older than the library, and has no ${lacking}: build it again, in a checkout by "npm run build"`,
  )

/** An error about an environment variable says what it was set to. */
function withSetting(message: string): string {
  const value = process.env[/^MYELIN_\w+/.exec(message)?.[0] ?? '']
  return value === undefined || message.includes(value) ? message : `${message}, got ${show(value)}`
}

export const native: Native = load()

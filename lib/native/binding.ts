import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ErrorCode, MyelinError } from './error.js'

/** The typed arrays that hold a tensor's elements in JavaScript. */
export type ElementArray = Float32Array | Int32Array | Uint8Array

/** What native/napi/module.cc exports. Handles are positive integers; every function checks its arguments. */
export interface Native {
  /** Op name → opcode, the order of native/ops/ops.def. */
  readonly opcodes: Readonly<Record<string, number>>
  /** Runs one op; see native/napi/run.h for the spec. Output handles are written over the front of the spec. */
  run(spec: Float64Array): number
  create(dtype: number, shape: readonly number[], data: ArrayBufferView): number
  /** A second handle on the same storage, in another shape. */
  alias(handle: number, shape: readonly number[]): number
  /** Copies the elements of the second, of the same size and dtype, into the first. */
  assign(handle: number, from: number): void
  read(handle: number): ElementArray
  item(handle: number): number
  release(handle: number): boolean
  memory(): { bytes: number; peakBytes: number; tensors: number }
  info(): { version: string; isa: string; isas: string[]; threads: number; blas: string; napi: number }
  setThreads(n: number): void
  /** For tests; `MYELIN_ISA` is the user's way. */
  setInstructionSet(name: string): void
}

/** A native exception, which carries a code, as a MyelinError that says where it happened. */
export function nativeError(error: unknown, where: string): MyelinError {
  const { code, message } = error as { code?: string; message: string }
  const known = typeof code === 'string' && code.startsWith('ERR_') ? (code as ErrorCode) : 'ERR_ARGUMENT'
  return new MyelinError(known, `[${where}] ${message}`, { cause: error })
}

/** The opcode of a native op; an unknown name is a mismatch between the library and its addon. */
export function opcode(name: string): number {
  const code = native.opcodes[name]
  if (code === undefined) throw new MyelinError('ERR_PLATFORM', `the addon has no op "${name}"; build it again (npm run build)`)
  return code
}

/** The package's folder, from lib/native/ and from dist/ alike. */
function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder)
  return folder
}

function load(): Native {
  const root = packageRoot()
  const require = createRequire(import.meta.url)
  try {
    return require('node-gyp-build')(root) as Native
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    if (code === 'ERR_PLATFORM' || code === 'ERR_ARGUMENT') throw new MyelinError(code, message, { cause: error })
    throw new MyelinError(
      'ERR_PLATFORM',
      `no native addon for ${process.platform}-${process.arch}, Node ${process.version}: ${message.split('\n')[0]}. ` +
        'Install a package that has a prebuilt one, or build it in the checkout with "npm run build:native".',
      { cause: error },
    )
  }
}

export const native: Native = load()

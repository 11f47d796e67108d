import { MyelinError } from '../core/error.js'
import { show } from '../core/show.js'
import { codesOf, type ElementArray } from '../native/binding.js'

/** Element types. Arithmetic on two different ones gives float32. */
export type DType = 'float32' | 'int32' | 'uint8' | 'bool'

export const dtypeCodes: Readonly<Record<DType, number>> = codesOf('dtype', ['float32', 'int32', 'uint8', 'bool'])

export const dtypeNames = Object.keys(dtypeCodes) as DType[]

/** Bytes an element. */
export const dtypeBytes = (dtype: DType): number => (dtype === 'float32' || dtype === 'int32' ? 4 : 1)

export function checkDType(dtype: unknown, where: string): DType {
  if (typeof dtype === 'string' && Object.hasOwn(dtypeCodes, dtype)) return dtype as DType
  throw new MyelinError(
    'ERR_DTYPE',
    `[${where}] unknown dtype ${show(dtype)}; it must be one of ${dtypeNames.join(', ')}`,
  )
}

/** An uninitialized (zero) array for n elements of a dtype. */
export function elementArray(dtype: DType, n: number): ElementArray {
  switch (dtype) {
    case 'float32':
      return new Float32Array(n)
    case 'int32':
      return new Int32Array(n)
    case 'uint8':
    case 'bool':
      return new Uint8Array(n)
  }
}

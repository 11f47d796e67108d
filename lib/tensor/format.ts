import type { ElementArray } from '../native/binding.js'
import type { DType } from './dtype.js'
import { formatShape, type Shape } from './shape.js'

/** A number, a boolean, or arrays of them to any depth. */
export type NestedArray = number | boolean | readonly NestedArray[]

/** Row-major elements as nested arrays. */
export function nest(data: ElementArray, shape: Shape, dtype: DType): NestedArray {
  let at = 0
  const level = (axis: number): NestedArray => {
    if (axis === shape.length) {
      const value = data[at++] as number
      return dtype === 'bool' ? value !== 0 : value
    }
    return Array.from({ length: shape[axis] as number }, () => level(axis + 1))
  }
  return level(0)
}

/** At most this many items of an axis are printed. */
const shown = 6

/**
 * Elements, shape and dtype as people want to read them; long axes are shortened.
 * @param read gives so many elements from one on; what is not shown is not read
 */
export function format(read: (offset: number, count: number) => ElementArray, shape: Shape, dtype: DType): string {
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((p, n) => p * n, 1))
  const cell = (value: number): string => {
    if (dtype === 'bool') return value !== 0 ? 'true' : 'false'
    return dtype === 'float32' ? String(Number(value.toPrecision(5))) : String(value)
  }
  const cells = (offset: number, count: number): string[] => Array.from(read(offset, count), cell)
  const level = (axis: number, offset: number, indent: string): string => {
    const n = shape[axis] as number
    if (axis === shape.length - 1)
      return `[${(n <= shown ? cells(offset, n) : [...cells(offset, 3), '…', ...cells(offset + n - 3, 3)]).join(', ')}]`
    const item = (i: number): string => level(axis + 1, offset + i * (strides[axis] as number), `${indent} `)
    const items =
      n <= shown
        ? Array.from({ length: n }, (_, i) => item(i))
        : [...[0, 1, 2].map(item), '…', ...[n - 3, n - 2, n - 1].map(item)]
    return `[${items.join(`,\n${indent} `)}]`
  }
  if (shape.length === 0) return `Tensor(${cells(0, 1)[0]}, shape: [], dtype: ${dtype})`
  return `Tensor(${level(0, 0, '       ')}, shape: ${formatShape(shape)}, dtype: ${dtype})`
}

import type { NestedArray } from '../tensor/format.js'
import { Tensor } from '../tensor/tensor.js'
import type { TypedArray } from '../tensor/values.js'
import { isRecord, type ShapedArray } from './source.js'

/** One value of an element: what becomes one row of a tensor. */
type Leaf = Tensor | TypedArray | ShapedArray | number | boolean

/** What batching makes of one part of a sample: a tensor of each leaf, in the arrays and objects that hold them. */
export type StackedPart<T> = T extends Leaf
  ? Tensor
  : T extends NestedArray
    ? Tensor
    : T extends readonly unknown[] | Readonly<Record<string, unknown>>
      ? { -readonly [K in keyof T]: StackedPart<T[K]> }
      : unknown

/** What batching makes of a sample: an array is [x, y] or [x, y, sampleWeight], whatever it holds. */
export type Stacked<T> = T extends Leaf
  ? Tensor
  : T extends readonly unknown[]
    ? { -readonly [K in keyof T]: StackedPart<T[K]> }
    : StackedPart<T>

/** The same element with every tensor in it exchanged; all else is shared. */
export const mapTensors = <T>(element: T, change: (tensor: Tensor) => Tensor): T => exchange(element, change) as T

function exchange(value: unknown, change: (tensor: Tensor) => Tensor): unknown {
  if (value instanceof Tensor) return change(value)
  if (Array.isArray(value)) return holdsObjects(value) ? value.map((part) => exchange(part, change)) : value
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, exchange(part, change)]))
}

/** Frees the tensors of an element that nobody will see. */
export function disposeElement(element: unknown): void {
  if (element instanceof Tensor) element.dispose()
  else if (Array.isArray(element)) {
    if (holdsObjects(element)) for (const part of element) disposeElement(part)
  } else if (isRecord(element)) for (const part of Object.values(element)) disposeElement(part)
}

/** Whether there can be tensors in an array: long arrays of numbers are not searched. */
const holdsObjects = (values: readonly unknown[]): boolean => typeof values[0] === 'object' || values.length <= 3

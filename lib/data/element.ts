import { wrong } from '../core/check.js'
import type { NestedArray } from '../tensor/format.js'
import { Tensor } from '../tensor/tensor.js'
import type { TypedArray } from '../tensor/values.js'
import { isRecord, type ShapedArray } from './source.js'

/** One value of an element: what becomes one row of a tensor. */
type Leaf = Tensor | TypedArray | ShapedArray | number | boolean

/** The batch of one part of a sample: a tensor of each leaf, in the arrays and objects that hold them. */
export type StackedPart<T> = T extends Leaf
  ? Tensor
  : T extends NestedArray
    ? Tensor
    : T extends readonly unknown[] | Readonly<Record<string, unknown>>
      ? { -readonly [K in keyof T]: StackedPart<T[K]> }
      : unknown

/** The batch of a sample: an array is [x, y] or [x, y, sampleWeight], whatever it holds. */
export type Stacked<T> = T extends Leaf
  ? Tensor
  : T extends readonly unknown[]
    ? { -readonly [K in keyof T]: StackedPart<T[K]> }
    : StackedPart<T>

/**
 * Copy of an element with every tensor in it exchanged; all else is shared.
 * @throws MyelinError ERR_ARGUMENT for arrays and objects in one another, deeper than any element is
 */
export const mapTensors = <T>(element: T, change: (tensor: Tensor) => Tensor): T => exchange(element, change, 0) as T

function exchange(value: unknown, change: (tensor: Tensor) => Tensor, depth: number): unknown {
  if (value instanceof Tensor) return change(value)
  const isArray = Array.isArray(value)
  if (isArray ? !holdsObjects(value) : !isRecord(value)) return value
  if (depth === deepest) throw wrong('Dataset', `an element's arrays and objects may be ${deepest} deep in one another`)
  if (isArray) return value.map((part) => exchange(part, change, depth + 1))
  const parts = Object.entries(value as Readonly<Record<string, unknown>>)
  return Object.fromEntries(parts.map(([name, part]) => [name, exchange(part, change, depth + 1)]))
}

/** Frees the tensors of an element that nobody will see. */
export const disposeElement = (element: unknown): void => free(element, 0)

function free(value: unknown, depth: number): void {
  if (value instanceof Tensor) value.dispose()
  else if (depth === deepest) return
  else if (Array.isArray(value)) {
    if (holdsObjects(value)) for (const part of value) free(part, depth + 1)
  } else if (isRecord(value)) for (const part of Object.values(value)) free(part, depth + 1)
}

/** How many arrays and objects may be in one another: a tensor's axes and then some. */
const deepest = 32

/** Whether there can be tensors in an array: long arrays of numbers are not searched. */
const holdsObjects = (values: readonly unknown[]): boolean => typeof values[0] === 'object' || values.length <= 3

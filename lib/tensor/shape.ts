import { MyelinError } from '../core/error.js'
import { show } from '../core/show.js'

/** Sizes of the axes, row-major; [] is a scalar. */
export type Shape = readonly number[]

/** The most axes a tensor can have; native/ops/op.h has the same. */
export const maxRank = 8

export function sizeOf(shape: Shape): number {
  let size = 1
  for (let i = 0; i < shape.length; i++) size *= shape[i] as number
  return size
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

export function formatShape(shape: Shape): string {
  // A user's argument may be anything.
  return shape.length <= 2 * maxRank && shape.every(Number.isFinite) ? `[${shape.join(', ')}]` : show(shape)
}

/**
 * Refuses what is no shape: negative, fractional or missing sizes, too many axes, too many elements.
 * @returns a copy, so that the caller may go on with the original
 */
export function checkShape(shape: unknown, where: string): Shape {
  if (!Array.isArray(shape) || shape.length > maxRank)
    throw new MyelinError(
      'ERR_SHAPE',
      `[${where}] a shape is an array of at most ${maxRank} sizes, got ${show(shape)}${typeof shape === 'number' ? `; write [${shape}, …]` : ''}`,
    )
  // The copy is what is checked: an element may be a getter.
  const sizes: number[] = [...shape]
  for (const n of sizes)
    if (!Number.isInteger(n) || n < 0 || n > 0xffffffff)
      throw new MyelinError('ERR_SHAPE', `[${where}] sizes are whole numbers from 0 to 2**32 - 1, got ${show(sizes)}`)
  // Sizes of 0 do not make the others harmless.
  if (sizeOf(sizes.filter((n) => n > 0)) > 2 ** 42)
    throw new MyelinError('ERR_MEMORY', `[${where}] ${formatShape(sizes)} has too many elements`)
  return sizes
}

/** NumPy's rule: sizes are compared from the last axis; equal, or one of them 1 or absent. */
export function broadcastShapes(a: Shape, b: Shape, where: string): Shape {
  if (sameShape(a, b)) return a
  const rank = Math.max(a.length, b.length)
  const result = new Array<number>(rank)
  for (let i = 1; i <= rank; i++) {
    const m = a[a.length - i] ?? 1
    const n = b[b.length - i] ?? 1
    if (m !== n && m !== 1 && n !== 1)
      throw new MyelinError(
        'ERR_SHAPE',
        `[${where}] shapes cannot be broadcast together: a is ${formatShape(a)}, b is ${formatShape(b)}`,
      )
    result[rank - i] = m === 1 ? n : m
  }
  return result
}

/** An axis counted from the front; negative ones count from the end. */
export function normalizeAxis(axis: number, rank: number, where: string): number {
  const result = Number.isInteger(axis) && axis < 0 ? axis + rank : axis
  if (!Number.isInteger(axis) || result < 0 || result >= rank)
    throw new MyelinError('ERR_ARGUMENT', `[${where}] axis ${show(axis)} is outside a tensor of rank ${rank}`)
  return result
}

/** Sorted axes without repetition; undefined means all of them. */
export function normalizeAxes(axis: number | readonly number[] | undefined, rank: number, where: string): number[] {
  if (axis === undefined || axis === null) return Array.from({ length: rank }, (_, i) => i)
  if (typeof axis !== 'number' && !Array.isArray(axis))
    throw new MyelinError('ERR_ARGUMENT', `[${where}] axis must be a number or an array of numbers, got ${show(axis)}`)
  const axes = (typeof axis === 'number' ? [axis] : [...axis])
    .map((a) => normalizeAxis(a, rank, where))
    .sort((p, q) => p - q)
  for (let i = 1; i < axes.length; i++)
    if (axes[i] === axes[i - 1]) throw new MyelinError('ERR_ARGUMENT', `[${where}] axis ${axes[i]} is named twice`)
  return axes
}

/** The shape that is left when axes are reduced. */
export function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): Shape {
  return keepDims ? shape.map((n, i) => (axes.includes(i) ? 1 : n)) : shape.filter((_, i) => !axes.includes(i))
}

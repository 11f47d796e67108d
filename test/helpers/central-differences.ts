import { tidy } from '../../lib/tensor/scope.js'

/** Small enough that ±2h stays on one side of the kinks in the golden cases, large enough for float32. */
const h = 0.02

/**
 * The derivative of a scalar function in each element of its arguments, by the five-point rule
 * (f(x − 2h) − 8·f(x − h) + 8·f(x + h) − f(x + 2h)) / 12h, whose error falls with h⁴.
 */
export function centralDifferences(
  f: (elements: readonly Float32Array[]) => number,
  elements: readonly Float32Array[],
): Float64Array[] {
  return elements.map((own, k) =>
    Float64Array.from(own, (x, i) => {
      const at = (offset: number): number => {
        const moved = own.slice()
        moved[i] = x + offset
        return tidy(() => f(elements.map((other, j) => (j === k ? moved : other))))
      }
      return (at(-2 * h) - 8 * at(-h) + 8 * at(h) - at(2 * h)) / (12 * h)
    }),
  )
}

/** Where two arrays are farthest apart; −1 for empty ones. A NaN is farther than anything. */
export function farthest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let worst = -1
  let most = -1
  for (let i = 0; i < a.length; i++) {
    const apart = Math.abs((a[i] as number) - (b[i] as number))
    if (Number.isNaN(apart)) return i
    if (apart > most) [most, worst] = [apart, i]
  }
  return worst
}

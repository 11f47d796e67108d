import { expect } from 'vitest'

/** Expects equal lengths and elements that agree to so many digits after the point. */
export function expectClose(found: ArrayLike<number>, expected: readonly number[], digits = 5): void {
  expect(found).toHaveLength(expected.length)
  for (const [i, value] of expected.entries()) expect(found[i], `element ${i}`).toBeCloseTo(value, digits)
}

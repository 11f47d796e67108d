import type { CurvePoint } from './learning-rate-curve.js'

/**
 * The rate in the middle of a range test's valley: where the loss has come half-way from where it stood before learning set in to
 * its least. Found on the mean m of the batch losses in a window of an eighth of the steps around each (not on the smoothed
 * loss, which lags behind by decades, and which in its beginning is little more than the noise of single batches): let i be
 * the step at which m is least, and m₀ the mean of m over the first quarter of the steps up to i; the last step before i at which
 * m ≥ ½(m₀ + mᵢ). Levels are sums over many batches, where a slope is a difference of few: the steepest slope of a noisy curve
 * lies anywhere. In the spirit of the valley of fastai (Howard & Gugger 2020), the middle of the longest decreasing stretch.
 * @returns null where the loss does not fall, or by less than 3.5 standard errors of m, as it does by chance
 */
export function middleOfValley(points: readonly CurvePoint[]): number | null {
  const losses = points.map(({ batchLoss }) => batchLoss)
  const half = Math.max(1, Math.round(losses.length / 16))
  const means = movingMeans(losses, half)
  if (means.length === 0) return null
  const bottom = means.indexOf(means.reduce((least, level) => Math.min(least, level)))
  const before = mean(means.slice(0, Math.max(1, Math.ceil(bottom / 4))))
  const least = means[bottom] as number
  const error = scatter(losses.slice(0, bottom + 2 * half + 1)) / Math.sqrt(2 * half + 1)
  if (!(before - least > 3.5 * error)) return null
  const middle = means.slice(0, bottom).findLastIndex((level) => level >= (before + least) / 2)
  return points[middle + half]?.learningRate ?? null
}

/** The means of 2·half + 1 neighbours, the first of them around the element number `half`. */
function movingMeans(values: readonly number[], half: number): number[] {
  const whole = values.length - 2 * half
  return Array.from({ length: Math.max(0, whole) }, (_, i) => mean(values.slice(i, i + 2 * half + 1)))
}

/** The standard deviation about a level that changes slowly, from the differences between neighbours (von Neumann 1941). */
function scatter(values: readonly number[]): number {
  const squares = values.slice(1).map((value, i) => (value - (values[i] as number)) ** 2)
  return Math.sqrt(mean(squares) / 2)
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

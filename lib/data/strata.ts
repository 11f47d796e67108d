import { wrong } from '../core/check.js'
import { MyelinError } from '../core/error.js'
import { formatShape } from '../tensor/shape.js'
import type { TypedArray } from '../tensor/values.js'
import { type TensorData, toSamples } from './source.js'

/** The samples' numbers, class by class in ascending order of the labels. */
type Strata = readonly { label: number; members: Int32Array }[]

/**
 * Parts samples by their labels.
 * @param labels one number a sample: [n] or [n, 1]
 * @param least how many samples each class must have
 * @throws MyelinError ERR_SHAPE, ERR_ARGUMENT; the latter by label for a class that is too small
 */
export function stratify(labels: TensorData, n: number, least: number, where: string): Strata {
  const values = readLabels(labels, where)
  if (values.length !== n) throw wrong(where, `there are ${n} samples, and labels for ${values.length}`)
  const members = new Map<number, number[]>()
  for (let i = 0; i < n; i++) {
    const label = values[i] as number
    if (Number.isNaN(label)) throw wrong(where, `the label of sample ${i} is NaN`)
    const known = members.get(label)
    if (known === undefined) members.set(label, [i])
    else known.push(i)
  }
  for (const [label, { length }] of members)
    if (length < least)
      throw wrong(
        where,
        `class ${label} has ${length} of the ${least} samples that it takes to stratify; leave it out or give stratify: false`,
      )
  return [...members]
    .sort(([a], [b]) => a - b)
    .map(([label, indices]) => ({ label, members: Int32Array.from(indices) }))
}

/**
 * How many of `total` fall to each class, in proportion to its size: the shares rounded down, and what is left over to those
 * that lost most (largest remainder).
 */
export function apportion(total: number, sizes: readonly number[]): number[] {
  const n = sizes.reduce((sum, size) => sum + size, 0)
  const shares = sizes.map((size) => (total * size) / n)
  const counts = shares.map(Math.floor)
  const left = total - counts.reduce((sum, count) => sum + count, 0)
  const byLoss = shares
    .map((share, i) => ({ i, lost: share - Math.floor(share) }))
    .sort((a, b) => b.lost - a.lost || a.i - b.i)
  for (const { i } of byLoss.slice(0, left)) counts[i] = (counts[i] as number) + 1
  return counts
}

function readLabels(labels: TensorData, where: string): TypedArray {
  const { samples, owned } = toSamples(labels, where, 'stratify')
  try {
    if (samples.size !== samples.shape[0])
      throw new MyelinError(
        'ERR_SHAPE',
        `[${where}] stratify needs one label a sample, [n], got ${formatShape(samples.shape)}; give stratify: labels, for one-hot targets y.argMax(-1)`,
      )
    return samples.data()
  } finally {
    if (owned) samples.dispose()
  }
}

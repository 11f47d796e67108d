import { checkFinite } from '../../core/check.js'
import { MyelinError } from '../../core/error.js'
import { optional, parseOptions, type Schema } from '../../core/schema.js'
import { tensor } from '../../tensor/creation.js'
import { formatShape, sizeOf } from '../../tensor/shape.js'
import { seedOption } from '../option-checks.js'
import { drawNormal } from './draw.js'
import { type Initializer, initializer, type SeedOption } from './initializer.js'

export interface OrthogonalOptions extends SeedOption {
  /** The matrix is multiplied by it. Default 1. */
  gain?: number
}

const schema = { gain: optional(checkFinite, 1), seed: seedOption() } satisfies Schema<OrthogonalOptions>

/**
 * A random orthogonal matrix (Saxe et al. 2013): of the rows or the columns, those that are fewer are orthonormal. A weight of
 * more than two axes is seen as a matrix with its last axis as columns.
 * @throws MyelinError ERR_SHAPE for a weight of fewer than two axes
 */
export function orthogonal(options: OrthogonalOptions = {}): Initializer {
  const values = parseOptions(schema, options, 'orthogonal')
  const { gain, seed } = values
  return initializer('orthogonal', values, (shape) => {
    if (shape.length < 2)
      throw new MyelinError(
        'ERR_SHAPE',
        `[orthogonal] needs two axes or more, the weight's shape is ${formatShape(shape)}`,
      )
    const columns = shape.at(-1) as number
    const rows = sizeOf(shape.slice(0, -1))
    const normal = drawNormal([Math.min(rows, columns), Math.max(rows, columns)], 0, 1, seed)
    const vectors = orthonormalize(normal.data(), Math.min(rows, columns), Math.max(rows, columns))
    normal.dispose()

    const values = new Float32Array(rows * columns)
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) {
        const [vector, element] = rows < columns ? [i, j] : [j, i]
        values[i * columns + j] = gain * ((vectors[vector] as Float64Array)[element] as number)
      }
    return tensor(values, shape)
  })
}

/**
 * Q of the QR decomposition of the matrix whose columns are the n vectors, as vectors, with R's diagonal positive: then Q
 * is distributed evenly over the orthogonal matrices. Modified Gram–Schmidt in double.
 */
function orthonormalize(data: ArrayLike<number>, n: number, length: number): Float64Array[] {
  const vectors = Array.from({ length: n }, (_, i) =>
    Float64Array.from({ length }, (_, j) => data[i * length + j] as number),
  )
  for (let i = 0; i < n; i++) {
    const q = vectors[i] as Float64Array
    const norm = Math.sqrt(dot(q, q))
    for (let j = 0; j < length; j++) q[j] = (q[j] as number) / norm
    for (let k = i + 1; k < n; k++) {
      const v = vectors[k] as Float64Array
      const projection = dot(q, v)
      for (let j = 0; j < length; j++) v[j] = (v[j] as number) - projection * (q[j] as number)
    }
  }
  return vectors
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number)
  return sum
}

import { MyelinError } from '../../core/error.js'
import { from, oneOf, optional, parseOptions, type Schema } from '../../core/schema.js'
import { abs, matmul, maximum, mul, rsqrt, square, sub, sum } from '../../ops/index.js'
import { eye } from '../../tensor/creation.js'
import { formatShape } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import { type Regularizer, regularizer } from './regularizer.js'

export interface OrthogonalOptions {
  /** From 0. Default 0.01. */
  factor?: number
  /** The vectors that are to become orthogonal. Default rows. */
  mode?: 'rows' | 'columns'
}

const schema = {
  factor: optional(from(0), 0.01),
  mode: optional(oneOf<'rows' | 'columns'>('rows', 'columns'), 'rows'),
} satisfies Schema<OrthogonalOptions>

/**
 * factor times the mean of |cos| of the angles between each two rows (or columns) of a matrix, as Keras' OrthogonalRegularizer:
 * 0 where all are orthogonal. For a matrix of one row it is 0.
 * @throws MyelinError ERR_SHAPE, when applied, for what is no matrix
 */
export function orthogonal(options: OrthogonalOptions = {}): Regularizer {
  const values = parseOptions(schema, options, 'orthogonal')
  const { factor, mode } = values
  const axis = mode === 'rows' ? 1 : 0
  return regularizer('orthogonal', values, (w) => {
    if (w.rank !== 2)
      throw new MyelinError('ERR_SHAPE', `[orthogonal] needs a matrix, the weight's shape is ${formatShape(w.shape)}`)
    const n = w.shape[1 - axis] as number
    const vectors = mul(w, rsqrt(maximum(sum(square(w), axis, true), epsilon ** 2)))
    const cosines = matmul(vectors, vectors, mode === 'rows' ? { transposeB: true } : { transposeA: true })
    return mul(sum(abs(mul(cosines, offDiagonal(n)))), n > 1 ? factor / (n * (n - 1)) : 0)
  })
}

/** The smallest norm that is divided by: Keras' backend epsilon. */
const epsilon = 1e-7

const offDiagonal = (n: number): Tensor => sub(1, eye(n))

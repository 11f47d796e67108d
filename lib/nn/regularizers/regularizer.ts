import { customOp } from '../../autodiff/custom-op.js'
import { MyelinError } from '../../core/error.js'
import { show } from '../../core/show.js'
import { checkTensor } from '../../ops/define.js'
import { mul, sum } from '../../ops/index.js'
import { freeOnFailure } from '../../tensor/scope.js'
import { Tensor } from '../../tensor/tensor.js'

/** A penalty on a weight or an output. Any differentiable function from a tensor to a scalar will do. */
export interface Regularizer {
  (w: Tensor): Tensor
  /** Its name and options as plain data, by which a saved model makes it again. Absent: it cannot be saved. */
  readonly config?: RegularizerConfig
}

export interface RegularizerConfig {
  readonly name: string
  readonly [option: string]: unknown
}

/** A regularizer with the config that makes it again. @throws MyelinError, when it is called, for what is no tensor */
export function regularizer(name: string, options: object, penalty: (w: Tensor) => Tensor): Regularizer {
  return Object.assign((w: Tensor) => freeOnFailure(() => penalty(checkTensor(w, name, 'the weight'))), {
    config: { name, ...options },
  })
}

/**
 * strength · Σ term(w) over the elements. The gradient is written as one product of the slope and a scalar: that of the sum would
 * first be laid out over the whole weight.
 * @param slope term′ up to `factor`: term′(w) = factor · slope(w)
 */
export function elementPenalty(
  name: string,
  strength: number,
  { term, slope, factor }: { term: (w: Tensor) => Tensor; slope: (w: Tensor) => Tensor; factor: number },
): (w: Tensor) => Tensor {
  return customOp({
    name,
    forward: (w: Tensor) => mul(sum(term(w)), strength),
    backward: (dy, { inputs: [w] }) => mul(slope(w), mul(dy, factor * strength)),
  })
}

/**
 * The penalty that a regularizer gives.
 * @param where what an error message begins with
 * @throws MyelinError ERR_ARGUMENT if it gives no scalar
 */
export function penaltyOf(regularizer: (w: Tensor) => Tensor, w: Tensor, where: string): Tensor {
  const penalty: unknown = regularizer(w)
  if (penalty instanceof Tensor && penalty.rank === 0) return penalty
  throw new MyelinError('ERR_ARGUMENT', `[${where}] the regularizer must return a scalar Tensor, got ${show(penalty)}`)
}

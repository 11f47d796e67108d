import { lookUp, refuseUncalled } from '../../core/names.js'
import { Optimizer } from '../optimizer.js'
import * as optimizers from './index.js'

export type OptimizerName = keyof typeof optimizers
/** A registered name, which means the defaults, or an optimizer. */
export type OptimizerLike = OptimizerName | Optimizer

/**
 * The optimizer for an option.
 * @param where what an error message begins with
 * @throws MyelinError ERR_ARGUMENT for an unknown name
 */
export function getOptimizer(optimizer: OptimizerLike, where = 'getOptimizer'): Optimizer {
  if (optimizer instanceof Optimizer) return optimizer
  refuseUncalled('optimizers', optimizers, optimizer, where)
  return lookUp<OptimizerName, () => Optimizer>(optimizers, optimizer, 'optimizer', where)()
}

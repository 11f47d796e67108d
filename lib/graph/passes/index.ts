import type { Tensor } from '../../tensor/tensor.js'
import type { Graph } from '../graph.js'
import { shareCommonSubexpressions } from './common-subexpressions.js'
import { foldConstants } from './constant-folding.js'
import { removeDeadCode } from './dead-code.js'

/**
 * Simplifies a graph without changing a bit of what it computes.
 * @param constants takes the tensors that folding makes
 */
export function optimize(graph: Graph, constants: Tensor[]): Graph {
  return removeDeadCode(shareCommonSubexpressions(foldConstants(removeDeadCode(graph), constants)))
}

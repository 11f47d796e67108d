import type { Tensor } from '../../tensor/tensor.js'
import { type Graph, shownBy, type Value } from '../graph.js'
import { assignInPlace } from './assign-in-place.js'
import { shareCommonSubexpressions } from './common-subexpressions.js'
import { foldConstants } from './constant-folding.js'
import { removeDeadCode } from './dead-code.js'
import { deferChanges } from './defer-changes.js'
import { fuseChains } from './fuse-chains.js'
import { fuseEpilogues } from './fuse-epilogue.js'
import { fuseGatherScale } from './fuse-gather.js'
import { fusePenalties } from './fuse-penalties.js'
import { fusePenaltySums } from './fuse-penalty-sums.js'
import { fuseSquares } from './fuse-squares.js'
import { fuseUpdates } from './fuse-update.js'
import { skipBroadcasts } from './skip-broadcasts.js'

/**
 * Simplifies and fuses a graph without changing a bit of what it computes.
 * @param constants takes the tensors that folding makes
 * @param mustBeFinite the position of an output before which no parameter may change
 */
export function optimize(graph: Graph, constants: Tensor[], mustBeFinite?: number): Graph {
  return fuse(simplify(graph, constants), mustBeFinite)
}

/** Drops what is not needed, known, or computed twice. */
export function simplify(graph: Graph, constants: Tensor[]): Graph {
  return removeDeadCode(shareCommonSubexpressions(foldConstants(skipBroadcasts(removeDeadCode(graph)), constants)))
}

/** Puts several nodes into one instruction. */
export function fuse(graph: Graph, mustBeFinite?: number): Graph {
  const joined = fuseEpilogues(fuseGatherScale(fuseSquares(graph)))
  const finite = mustBeFinite === undefined ? undefined : shownBy(joined, joined.outputs[mustBeFinite] as Value)
  const ordered = finite === undefined ? joined : deferChanges(joined, finite)
  // Without it, for measuring what it is worth and what cannot have it.
  const updated = process.env.MYELIN_FUSE_UPDATES === '0' ? ordered : fuseUpdates(ordered, finite)
  return assignInPlace(fuseChains(fusePenaltySums(fusePenalties(updated), finite)))
}

import type { Tensor } from '../../tensor/tensor.js'

/** A figure that is accumulated exactly over the batches of an epoch. */
export interface Metric {
  /** The key in `History`. */
  readonly name: string
  /** Set by the metrics of this library: `update` is composed of ops, so that a compiled step can do it. */
  readonly compiles: true
  /** Whether yPred must be probabilities; where not, logits of a softmax or sigmoid do as well and save that work. */
  readonly needsProbabilities: boolean
  /** Forgets what was accumulated. */
  reset(): void
  /** Counts a batch in: yTrue and yPred, [N, …]. @throws MyelinError ERR_SHAPE */
  update(yTrue: Tensor, yPred: Tensor): void
  /** Frees what was accumulated. */
  dispose(): void
  /** The figure for all batches since `reset`; 0 of none. */
  result(): number
}

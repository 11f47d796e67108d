import type { CallOptions } from '../nn/layer.js'
import type { Parameter } from '../tensor/parameter.js'
import type { Shape } from '../tensor/shape.js'
import type { State } from '../tensor/state.js'
import type { Tensor } from '../tensor/tensor.js'

/** A model as training needs it; model/ lies a floor above. */
export interface TrainableModel {
  readonly name: string
  /** The weights that training changes. */
  readonly trainableWeights: readonly Parameter[]
  /** The names of the inputs, in their order. */
  readonly inputNames: readonly string[]
  /** The names of the outputs, in their order. */
  readonly outputNames: readonly string[]
  /** One sample's outputs, once built. */
  readonly outputShapes: readonly Shape[]
  /** Builds the weights for samples of these shapes, one an input, or checks that such samples fit. @throws MyelinError ERR_SHAPE */
  ensureBuilt(sampleShapes: readonly Shape[]): void
  /** The options that make an equal one. */
  getConfig(): Record<string, unknown>
  /** Its weights by path. */
  weightsByPath(): ReadonlyMap<string, Parameter>
  /** All that changes in it, not copied. @param what what asks, for the message where it is not built @internal */
  held(what: string): State
  /** Checks a state; what is returned brings it back. @internal */
  restoring(state: State): () => void
  /** The outputs for a batch. @internal */
  callAll(inputs: readonly Tensor[], options?: CallOptions): Tensor[]
}

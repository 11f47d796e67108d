import type { ActivationName } from '../nn/activations/get.js'
import type { CallOptions } from '../nn/layer.js'
import type { Shape } from '../tensor/shape.js'
import type { Parameter, Tensor } from '../tensor/tensor.js'

/** What training needs of a model; model/ lies a floor above. */
export interface Trainee {
  readonly name: string
  /** The weights that training changes. */
  readonly trainableWeights: readonly Parameter[]
  /** One sample's output, once built. */
  readonly outputShape: Shape
  /** The activation by which the model ends, if it is one of the registered ones. */
  readonly finalActivation: ActivationName | null
  /** Builds the weights for samples of this shape, or checks that such samples fit. @throws MyelinError ERR_SHAPE */
  ensureBuilt(sampleShape: Shape): void
  /** The output for a batch. */
  call(x: Tensor, options?: CallOptions): Tensor
  /** The output without the final activation. */
  callLinear(x: Tensor, options?: CallOptions): Tensor
}

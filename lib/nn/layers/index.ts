// The names of this folder are what users write, and its classes what `registerLayer` has registered from the start.
export { Activation, type ActivationOptions, activation } from './activation.js'
export { AlphaDropout, type AlphaDropoutOptions, alphaDropout } from './alpha-dropout.js'
export { BatchNormalization, type BatchNormalizationOptions, batchNormalization } from './batch-normalization.js'
export { Concatenate, type ConcatenateOptions, concatenate } from './concatenate.js'
export { Dense, type DenseOptions, dense } from './dense.js'
export { Dropout, type DropoutOptions, dropout } from './dropout.js'
export { Elu, type EluOptions, elu } from './elu.js'
export { Embedding, type EmbeddingOptions, embedding } from './embedding.js'
export { Flatten, flatten } from './flatten.js'
export { GaussianDropout, type GaussianDropoutOptions, gaussianDropout } from './gaussian-dropout.js'
export { GaussianNoise, type GaussianNoiseOptions, gaussianNoise } from './gaussian-noise.js'
export {
  GroupNormalization,
  type GroupNormalizationOptions,
  groupNormalization,
} from './group-normalization.js'
export { InputLayer, type InputOptions, input } from './input.js'
export { LayerNormalization, type LayerNormalizationOptions, layerNormalization } from './layer-normalization.js'
export { LeakyRelu, type LeakyReluOptions, leakyRelu } from './leaky-relu.js'
export {
  Add,
  Average,
  add,
  average,
  Maximum,
  Multiply,
  maximum,
  multiply,
  Subtract,
  subtract,
} from './merge.js'
export type { NoiseOptions, RateOptions } from './noise-layer.js'
export {
  type AdaptBatch,
  type AdaptData,
  Normalization,
  type NormalizationOptions,
  normalization,
} from './normalization.js'
export { Prelu, type PreluOptions, prelu } from './prelu.js'
export { Rescaling, type RescalingOptions, rescaling } from './rescaling.js'
export { Reshape, type ReshapeOptions, reshape } from './reshape.js'
export { Rrelu, type RreluOptions, rrelu } from './rrelu.js'
export { Selu, selu } from './selu.js'
export { Softmax, type SoftmaxOptions, softmax } from './softmax.js'
export { SpatialDropout, type SpatialDropoutOptions, spatialDropout } from './spatial-dropout.js'

export { type Activation, type ActivationOptions, activation } from './activation.js'
export { type AlphaDropout, type AlphaDropoutOptions, alphaDropout } from './alpha-dropout.js'
export { type BatchNormalization, type BatchNormalizationOptions, batchNormalization } from './batch-normalization.js'
export { type Concatenate, type ConcatenateOptions, concatenate } from './concatenate.js'
export { type Dense, type DenseOptions, dense } from './dense.js'
export { type Dropout, type DropoutOptions, dropout } from './dropout.js'
export { type Elu, type EluOptions, elu } from './elu.js'
export { type Embedding, type EmbeddingOptions, embedding } from './embedding.js'
export { type Flatten, flatten } from './flatten.js'
export { type GaussianDropout, type GaussianDropoutOptions, gaussianDropout } from './gaussian-dropout.js'
export { type GaussianNoise, type GaussianNoiseOptions, gaussianNoise } from './gaussian-noise.js'
export { type InputLayer, type InputOptions, input } from './input.js'
export { type LayerNormalization, type LayerNormalizationOptions, layerNormalization } from './layer-normalization.js'
export { type LeakyRelu, type LeakyReluOptions, leakyRelu } from './leaky-relu.js'
export {
  type Add,
  type Average,
  add,
  average,
  type Maximum,
  type Multiply,
  maximum,
  multiply,
  type Subtract,
  subtract,
} from './merge.js'
export type { NoiseOptions, RateOptions } from './noise-layer.js'
export {
  type AdaptBatch,
  type AdaptData,
  type Normalization,
  type NormalizationOptions,
  normalization,
} from './normalization.js'
export { type Prelu, type PreluOptions, prelu } from './prelu.js'
export { type Rescaling, type RescalingOptions, rescaling } from './rescaling.js'
export { type Reshape, type ReshapeOptions, reshape } from './reshape.js'
export { type Rrelu, type RreluOptions, rrelu } from './rrelu.js'
export { type Selu, selu } from './selu.js'
export { type Softmax, type SoftmaxOptions, softmax } from './softmax.js'
export { type SpatialDropout, type SpatialDropoutOptions, spatialDropout } from './spatial-dropout.js'

import './other-names.js'

export { type FoldedModel, foldBatchNormalization } from './fold-batch-normalization.js'
export {
  Functional,
  type ModelOptions,
  model,
  type OutputsOf,
  type SymbolicTensors,
} from './functional.js'
export { type McPrediction, type McPredictOptions, mcPredict } from './mc-predict.js'
export { Model, type ParameterCount } from './model.js'
export { Sequential, type SequentialOptions, sequential } from './sequential.js'
export { type Sparsity, type SparsityOptions, sparsity, type ZeroCount } from './sparsity.js'

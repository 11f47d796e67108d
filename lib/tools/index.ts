export { type FoldedModel, foldBatchNormalization } from './fold-batch-normalization.js'
export { type FreezeOptions, freeze, type LayerReference, type UnfreezeOptions, unfreeze } from './freeze.js'
export { type McPrediction, type McPredictOptions, mcPredict } from './mc-predict.js'
export { type Sparsity, type SparsityOptions, sparsity, type ZeroCount } from './sparsity.js'

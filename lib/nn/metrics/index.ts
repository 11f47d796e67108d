// The names of this folder are what compile's `metrics` option takes. A line here registers one.
export {
  accuracy,
  type BinaryAccuracyOptions,
  binaryAccuracy,
  categoricalAccuracy,
  sparseCategoricalAccuracy,
} from './accuracy.js'
export { type AucOptions, auc } from './auc.js'
export { type ConfusionMatrix, type ConfusionMatrixOptions, confusionMatrix } from './confusion-matrix.js'
export { meanAbsoluteError, meanSquaredError, r2 } from './errors.js'
export type { MetricOptions } from './metric.js'
export { f1, type PositiveOptions, precision, recall } from './precision-recall.js'
export { type TopKOptions, topKCategoricalAccuracy } from './top-k-categorical-accuracy.js'

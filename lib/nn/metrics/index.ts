// The names of this folder are what compile's `metrics` option takes. A line here registers one.
export { accuracy, binaryAccuracy, categoricalAccuracy, sparseCategoricalAccuracy } from './accuracy.js'
export { auc } from './auc.js'
export { confusionMatrix } from './confusion-matrix.js'
export { meanAbsoluteError, meanSquaredError, r2 } from './errors.js'
export { f1, precision, recall } from './precision-recall.js'
export { topKCategoricalAccuracy } from './top-k-categorical-accuracy.js'

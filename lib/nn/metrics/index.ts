// The names of this folder are what compile's `metrics` option takes. A line here registers one.
export { accuracy, binaryAccuracy, categoricalAccuracy, sparseCategoricalAccuracy } from './accuracy.js'

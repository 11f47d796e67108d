// The names of this folder are what compile's `loss` option takes. A line here registers one.
export { binaryCrossentropy } from './binary-crossentropy.js'
export { categoricalCrossentropy } from './categorical-crossentropy.js'
export { meanSquaredError } from './mean-squared-error.js'
export { sparseCategoricalCrossentropy } from './sparse-categorical-crossentropy.js'

// The names of this file are what compile's `optimizer` option takes. A line here registers one.
export { adam } from './adam.js'
export { rmsprop } from './rmsprop.js'
export { sgd } from './sgd.js'

// The names of this folder are what a constraint option takes. A line here registers one.
export { nonNeg } from './non-neg.js'
export { maxNorm, minMaxNorm, unitNorm } from './norms.js'

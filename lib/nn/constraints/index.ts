// The names of this folder are what a constraint option takes. A line here registers one.
export type { AxisOption } from './constraint.js'
export { nonNeg } from './non-neg.js'
export { type MaxNormOptions, type MinMaxNormOptions, maxNorm, minMaxNorm, unitNorm } from './norms.js'

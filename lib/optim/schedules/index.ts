// The names of this file are the members of `schedules`, and the names in their configs.

export type { ByPeriodsOptions } from './by-periods.js'
export { constant } from './constant.js'
export { type CosineDecayOptions, cosineDecay } from './cosine-decay.js'
export { type CosineDecayRestartsOptions, cosineDecayRestarts } from './cosine-decay-restarts.js'
export { type ExponentialDecayOptions, exponentialDecay } from './exponential-decay.js'
export { type InverseTimeDecayOptions, inverseTimeDecay } from './inverse-time-decay.js'
export { type OneCycleOptions, oneCycle } from './one-cycle.js'
export { type PiecewiseConstantOptions, piecewiseConstant } from './piecewise-constant.js'
export { type PolynomialDecayOptions, polynomialDecay } from './polynomial-decay.js'
export { type PowerDecayOptions, powerDecay } from './power-decay.js'
export { warmup } from './warmup.js'

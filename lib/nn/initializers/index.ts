// What can be an initializer option by its name, and what initializes a whole model.
export type { SeedOption } from './initializer.js'
export { type KernelLayer, type LayeredModel, type LsuvOptions, lsuv } from './lsuv.js'
export type { OrthogonalOptions } from './orthogonal.js'
export type { NormalOptions, UniformOptions } from './random.js'
export * from './registry.js'
export type { RandomWalkOptions, VarianceScalingOptions } from './variance-scaling.js'

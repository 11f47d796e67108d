// The names of this folder are what an initializer option takes. A line here registers one.
export { constant, identity, ones, zeros } from './constant.js'
export type { SeedOption } from './initializer.js'
export { type OrthogonalOptions, orthogonal } from './orthogonal.js'
export { type NormalOptions, randomNormal, randomUniform, truncatedNormal, type UniformOptions } from './random.js'
export {
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  lecunNormal,
  lecunUniform,
  type RandomWalkOptions,
  randomWalk,
  type VarianceScalingOptions,
  varianceScaling,
} from './variance-scaling.js'

// The names of this folder are what an initializer option takes. A line here registers one.
export { constant, identity, ones, zeros } from './constant.js'
export { orthogonal } from './orthogonal.js'
export { randomNormal, randomUniform, truncatedNormal } from './random.js'
export {
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  lecunNormal,
  lecunUniform,
  randomWalk,
  varianceScaling,
} from './variance-scaling.js'

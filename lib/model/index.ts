import './other-names.js'

export {
  Functional,
  type ModelOptions,
  model,
  type OutputsOf,
  type SymbolicTensors,
} from './functional.js'
export type { FunctionalConfig } from './functional-config.js'
export type { LayerRecord } from './layer-records.js'
export { Model, type ParameterCount } from './model.js'
export { Sequential, type SequentialOptions, sequential } from './sequential.js'

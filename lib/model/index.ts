import './other-names.js'

export type { LoadedWeights, LoadWeightsOptions, ModelJson, TensorKind } from './files.js'
export {
  Functional,
  type ModelOptions,
  model,
  type OutputsOf,
  type SymbolicTensors,
} from './functional.js'
export type { FunctionalConfig } from './functional-config.js'
export type { LayerRecord } from './layer-records.js'
export { type AnyModel, Model, type ParameterCount } from './model.js'
export { Sequential, type SequentialOptions, sequential } from './sequential.js'

import './other-names.js'

export {
  Functional,
  type ModelOptions,
  model,
  type OutputsOf,
  type SymbolicTensors,
} from './functional.js'
export { Model, type ParameterCount } from './model.js'
export { Sequential, type SequentialOptions, sequential } from './sequential.js'

export { Model, type ParameterCount } from './model.js'
export { Sequential, type SequentialOptions, sequential } from './sequential.js'

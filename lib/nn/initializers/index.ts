// What can be an initializer option by its name, and what initializes a whole model.
export { lsuv } from './lsuv.js'
export * from './registry.js'

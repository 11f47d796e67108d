// The public `initializers`: what an initializer option takes, and what initializes a whole model.
export * from './nn/initializers/index.js'
export { type LsuvOptions, lsuv } from './tools/lsuv.js'

// The folders of choices: each name in them is an option's value, too.
export * as activations from './activations/index.js'
export * as constraints from './constraints/index.js'
export * as initializers from './initializers/index.js'
export * as layers from './layers/index.js'
export * as losses from './losses/index.js'
export * as metrics from './metrics/index.js'
export * as regularizers from './regularizers/index.js'

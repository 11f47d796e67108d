export * as optimizers from './optimizers.js'

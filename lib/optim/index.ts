export * as optimizers from './optimizers.js'
export * as schedules from './schedules/index.js'

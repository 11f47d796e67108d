export * as optimizers from './rules/index.js'
export * as schedules from './schedules/index.js'

// The names of this folder are what users call; those that need no arguments are also names that fit's `callbacks` takes.

export { type CsvLogger, type CsvLoggerOptions, csvLogger } from './csv-logger.js'
export { type EarlyStopping, type EarlyStoppingOptions, earlyStopping } from './early-stopping.js'
export type { CurvePoint } from './learning-rate-curve.js'
export { type LearningRateFinder, type LearningRateFinderOptions, learningRateFinder } from './learning-rate-finder.js'
export { type EpochSchedule, type LearningRateScheduler, learningRateScheduler } from './learning-rate-scheduler.js'
export type { MonitorMode, MonitorOptions } from './monitor.js'
export { type ReduceLROnPlateau, type ReduceLROnPlateauOptions, reduceLROnPlateau } from './reduce-lr-on-plateau.js'
export { type TerminateOnNaN, terminateOnNaN } from './terminate-on-nan.js'

// The names of this folder are what users call; those that need no arguments are also names that fit's `callbacks` takes.
export { csvLogger } from './csv-logger.js'
export { earlyStopping } from './early-stopping.js'
export { learningRateFinder } from './learning-rate-finder.js'
export { learningRateScheduler } from './learning-rate-scheduler.js'
export { reduceLROnPlateau } from './reduce-lr-on-plateau.js'
export { terminateOnNaN } from './terminate-on-nan.js'

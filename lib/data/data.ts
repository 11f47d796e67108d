export { Dataset } from './dataset.js'
export { kFold, trainTestSplit } from './split.js'

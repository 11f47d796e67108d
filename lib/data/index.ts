export * as datasets from './datasets.js'
export type { BatchData, BatchIterable, ShapedArray, TensorData } from './source.js'

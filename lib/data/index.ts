export * as datasets from './datasets.js'
export type { BatchData, BatchIterable, ModelData, ShapedArray, TensorData } from './source.js'

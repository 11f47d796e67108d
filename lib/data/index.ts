export type { CsvSource } from './csv.js'
export type { CsvColumn } from './csv-columns.js'
export type { CsvOptions } from './csv-options.js'
export type { CsvConverter, CsvDType, CsvRow } from './csv-rows.js'
export * as data from './data.js'
export { type BatchOptions, Dataset, type NamedTensors, type ShuffleOptions } from './dataset.js'
export * as datasets from './datasets.js'
export type { Stacked } from './element.js'
export type { ElementSource, Elements } from './iterable.js'
export type { BatchData, BatchIterable, ModelData, ShapedArray, TensorData } from './source.js'
export {
  type Fold,
  type KFoldOptions,
  kFold,
  type LabelledTensors,
  type SplitOptions,
  type TrainTestSplitOptions,
  trainTestSplit,
} from './split.js'

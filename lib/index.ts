// The public face. Everything that users may rely on is named here, or is what a family of ops exports.

import './report/index.js'

export type { BackwardOptions } from './autodiff/backward.js'
export { type CustomOp, customOp } from './autodiff/custom-op.js'
export { type Gradients, grad, type ScalarFunction, type ValueAndGrad, valueAndGrad } from './autodiff/functional.js'
export { noGrad } from './autodiff/tape.js'
export * as callbacks from './callbacks.js'
export { type ErrorCode, MyelinError } from './core/error.js'
export {
  type BatchData,
  type BatchIterable,
  type BatchOptions,
  type CsvColumn,
  type CsvConverter,
  type CsvDType,
  type CsvOptions,
  type CsvRow,
  type CsvSource,
  Dataset,
  data,
  datasets,
  type ElementSource,
  type Elements,
  type Fold,
  type KFoldOptions,
  kFold,
  type LabelledTensors,
  type ModelData,
  type NamedTensors,
  type ShapedArray,
  type ShuffleOptions,
  type SplitOptions,
  type Stacked,
  type TensorData,
  type TrainTestSplitOptions,
  trainTestSplit,
} from './data/index.js'
export { type Compiled, compile, type Tensors } from './graph/compile.js'
export * as initializers from './initializers.js'
export { type CheckpointParts, checkpoint } from './io/checkpoint.js'
export { cloneModel, loadModel, modelFromJSON } from './io/index.js'
export {
  type AnyModel,
  Functional,
  type FunctionalConfig,
  type LayerRecord,
  type LoadedWeights,
  type LoadWeightsOptions,
  Model,
  type ModelJson,
  type ModelOptions,
  model,
  type OutputsOf,
  type ParameterCount,
  Sequential,
  type SequentialOptions,
  type SymbolicTensors,
  sequential,
  type TensorKind,
} from './model/index.js'
export type { ElementArray } from './native/binding.js'
export { type MemoryInfo, type RuntimeInfo, runtime } from './native/runtime.js'
export {
  type Activation,
  type ActivationLike,
  type ActivationName,
  type ConstraintLike,
  type ConstraintName,
  type InitializerLike,
  type InitializerName,
  type LossLike,
  type LossName,
  type MetricLike,
  type MetricName,
  type RegularizerLike,
  type RegularizerName,
  registerActivation,
  registerConstraint,
  registerInitializer,
  registerLoss,
  registerMetric,
  registerRegularizer,
} from './nn/choices.js'
export type { Constraint, ConstraintConfig } from './nn/constraints/constraint.js'
export { activations, constraints, layers, losses, metrics, regularizers } from './nn/index.js'
export type { Initializer, InitializerConfig } from './nn/initializers/initializer.js'
export {
  type AnyLayer,
  type CallOptions,
  Layer,
  type LayerOptions,
  type SymbolicOf,
  type SymbolicTensor,
} from './nn/layer.js'
export type { LayerChecks } from './nn/layer-checks.js'
export { type LayerClass, registerLayer } from './nn/layer-classes.js'
export type { LayerOutput } from './nn/layer-output.js'
export { type InputOptions, input } from './nn/layers/input.js'
export type { LossConfig, LossFunction, LossOptions } from './nn/losses/loss.js'
export type { ConfusionMatrix } from './nn/metrics/confusion-matrix.js'
export type { MetricFunction } from './nn/metrics/mean.js'
export type { Metric, MetricConfig } from './nn/metrics/metric.js'
export type { Regularizer, RegularizerConfig } from './nn/regularizers/regularizer.js'
export type { Shapes } from './nn/shapes.js'
export type { WeightOptions } from './nn/weight.js'
export * from './ops/arithmetic.js'
export * from './ops/comparison.js'
export {
  batchNormalization,
  broadcastTo,
  cast,
  celu,
  concat,
  dot,
  dropout,
  elu,
  expandDims,
  exponential,
  flatten,
  type GeluOptions,
  gather,
  gelu,
  hardSigmoid,
  layerNormalization,
  leakyRelu,
  linear,
  logSoftmax,
  type MatmulOptions,
  matmul,
  mish,
  oneHot,
  pad,
  prelu,
  type RreluOptions,
  relu,
  relu6,
  reshape,
  rrelu,
  selu,
  sigmoid,
  silu,
  slice,
  softmax,
  softplus,
  softsign,
  split,
  squeeze,
  stack,
  sum,
  type TensorLike,
  tanh,
  tile,
  transpose,
} from './ops/index.js'
export * from './ops/powers.js'
export * from './ops/reductions.js'
export {
  type OptimizerLike,
  type OptimizerName,
  registerOptimizer,
} from './optim/choices.js'
export type { ClippingOptions } from './optim/clipping.js'
export { optimizers, schedules } from './optim/index.js'
export type { Accumulation, Optimizer, OptimizerConfig } from './optim/optimizer.js'
export type { OptimizerOptions } from './optim/optimizer-options.js'
export { registerSchedule, type ScheduleLike } from './optim/schedules/choices.js'
export type { NamedSchedule, Schedule, ScheduleConfig } from './optim/schedules/schedule.js'
export type { DecayExclusion, WeightDecayOptions } from './optim/weight-decay.js'
export {
  arange,
  eye,
  full,
  linspace,
  ones,
  type RandomOptions,
  randomNormal,
  randomUniform,
  type TensorOptions,
  tensor,
  zeros,
} from './tensor/creation.js'
export type { DType } from './tensor/dtype.js'
export type { NestedArray } from './tensor/format.js'
export { Parameter, type ParameterOptions, type ParameterTreatment } from './tensor/parameter.js'
export { type RandomAddress, type RandomSource, setSeed } from './tensor/random.js'
export { tidy } from './tensor/scope.js'
export type { Shape } from './tensor/shape.js'
export { State, type Stateful, type StateParts, type StateValue } from './tensor/state.js'
export { Tensor } from './tensor/tensor.js'
export type { TypedArray } from './tensor/values.js'
export {
  type FoldedModel,
  type FreezeOptions,
  foldBatchNormalization,
  freeze,
  type LayerReference,
  type McPrediction,
  type McPredictOptions,
  mcPredict,
  type Sparsity,
  type SparsityOptions,
  sparsity,
  type UnfreezeOptions,
  unfreeze,
  type ZeroCount,
} from './tools/index.js'
export {
  type Callback,
  type CallbackLike,
  type CallbackName,
  type ClassWeight,
  type CompiledStep,
  type CompileOptions,
  type CompileStepOptions,
  compileStep,
  type EpochBody,
  type EvaluateOptions,
  type Evaluation,
  type FitOptions,
  type History,
  type Hook,
  type InputIterable,
  type Logs,
  type NumberedHook,
  type OutputMetrics,
  type PredictOptions,
  type PredictStreamOptions,
  registerCallback,
  type StepResult,
  type StopReason,
  TrainingLoop,
  type TrainingLoopOptions,
  type TrainingRun,
  type Verbosity,
  type WatchedModel,
} from './train/index.js'

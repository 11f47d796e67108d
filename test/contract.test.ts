import { describe, expect, it } from 'vitest'
import * as myelin from '../lib/index.js'
import { getActivation, getInitializer, getLoss, getMetric, getOptimizer } from './helpers/choices.js'

// The public names that users, documentation and other projects rely on: none may be lost or renamed.

const words = (text: string): string[] => text.trim().split(/\s+/)
const exported: Record<string, unknown> = { ...myelin }
const folder = (name: string): Record<string, unknown> => exported[name] as Record<string, unknown>
const missing = (names: string[], from: Record<string, unknown>): string[] =>
  names.filter((name) => typeof from[name] !== 'function')

const creation = words('tensor zeros ones full eye arange linspace randomNormal randomUniform setSeed')
const autodiff = words('noGrad tidy grad valueAndGrad customOp Parameter State Tensor')
const ops = words(`
  add sub mul div pow neg abs sign exp expm1 log log1p sqrt rsqrt square reciprocal maximum minimum clip erf sin cos atan
  matmul dot transpose reshape flatten concat stack split slice pad gather oneHot where tile expandDims squeeze cast
  sum mean variance max min prod argMax argMin logSumExp
  equal notEqual greater greaterEqual less lessEqual
  linear relu relu6 leakyRelu prelu rrelu elu selu celu softplus softsign sigmoid hardSigmoid tanh softmax logSoftmax gelu silu
  mish exponential dropout batchNormalization layerNormalization`)
const models = words(
  'sequential input model compileStep compile Layer loadModel modelFromJSON cloneModel freeze unfreeze',
)
const layerNames = words(`
  dense activation flatten reshape rescaling normalization batchNormalization layerNormalization groupNormalization dropout spatialDropout
  gaussianDropout gaussianNoise alphaDropout leakyRelu prelu rrelu elu selu softmax add subtract multiply average maximum
  concatenate embedding input`)
const initializerNames = words(`
  zeros ones constant randomNormal randomUniform truncatedNormal glorotNormal glorotUniform heNormal heUniform lecunNormal
  lecunUniform varianceScaling orthogonal identity`)
const optimizerNames = words('sgd adagrad adadelta rmsprop adam adamw adamax nadam radam lion')
const scheduleNames = words(`
  constant exponentialDecay powerDecay piecewiseConstant polynomialDecay inverseTimeDecay cosineDecay cosineDecayRestarts
  oneCycle warmup`)
const lossNames = words(`
  sparseCategoricalCrossentropy categoricalCrossentropy binaryCrossentropy meanSquaredError meanAbsoluteError huber logCosh hinge
  squaredHinge categoricalHinge kullbackLeiblerDivergence poisson cosineSimilarity`)
const metricNames = words(`
  accuracy sparseCategoricalAccuracy categoricalAccuracy binaryAccuracy topKCategoricalAccuracy precision recall f1 auc
  confusionMatrix meanSquaredError meanAbsoluteError r2`)
const activationNames = words(`
  linear relu relu6 leakyRelu elu selu celu softplus softsign sigmoid hardSigmoid tanh softmax logSoftmax gelu silu mish
  exponential`)

describe('the public names', () => {
  it.each([
    ['creation', creation],
    ['autodiff', autodiff],
    ['ops', ops],
    ['models', models],
    ['inference', words('foldBatchNormalization mcPredict')],
  ])('%s', (_, names) => {
    expect(missing(names, exported)).toEqual([])
  })

  it.each([
    ['layers', layerNames],
    ['initializers', [...initializerNames, 'lsuv']],
    ['optimizers', optimizerNames],
    ['schedules', scheduleNames],
    ['losses', lossNames],
    ['metrics', metricNames],
    ['activations', activationNames],
    ['regularizers', words('l1 l2 l1l2 orthogonal')],
    ['constraints', words('maxNorm unitNorm nonNeg minMaxNorm')],
    [
      'callbacks',
      words(`
        earlyStopping reduceLROnPlateau learningRateScheduler learningRateFinder csvLogger terminateOnNaN backupAndRestore`),
    ],
    ['datasets', words('mnist fashionMnist')],
    ['data', words('trainTestSplit kFold Dataset')],
    ['runtime', words('info setThreads memory')],
    ['checkpoint', words('save restore')],
  ])('%s', (name, names) => {
    expect(missing(names, folder(name))).toEqual([])
  })

  it('has every op as a method, too', () => {
    const prototype = myelin.Tensor.prototype as unknown as Record<string, unknown>
    expect(missing([...ops, ...words('backward zeroGrad detach dispose data item toArray')], prototype)).toEqual([])
  })

  it('has the members of models, layers, parameters and data sets', () => {
    const members: [object, string][] = [
      [
        myelin.Model.prototype,
        'compile fit evaluate predict predictSync predictStream call summary countParams getLayer getWeights setWeights save saveWeights loadWeights toJSON getCompileConfig',
      ],
      [myelin.Sequential.prototype, 'add'],
      [myelin.Layer.prototype, 'build getConfig addWeight apply state restore weightsByPath'],
      [myelin.Parameter.prototype, 'assign'],
      [myelin.data.Dataset, 'fromTensors fromIterable fromCsv'],
      [myelin.data.Dataset.prototype, 'batch shuffle map filter prefetch take skip repeat state restore'],
    ]
    for (const [from, names] of members) expect(missing(words(names), from as Record<string, unknown>)).toEqual([])
  })

  it('takes the names as strings', () => {
    for (const name of activationNames) expect(getActivation(name as never)).toBeTypeOf('function')
    for (const name of initializerNames) expect(getInitializer(name as never)).toBeTypeOf('function')
    for (const name of optimizerNames) expect(getOptimizer(name as never).name).toBe(name)
    for (const name of lossNames) expect(getLoss(name as never)).toBeTypeOf('function')
    for (const name of metricNames) expect(getMetric(name as never, { outputShape: [3] }).name).toBe(name)
  })
})

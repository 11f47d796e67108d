import { describe, expect, it } from 'vitest'
import * as my from '../lib/index.js'
import {
  type ConstraintName,
  constraintRegistry,
  getLoss,
  type InitializerName,
  initializerRegistry,
  type LossName,
  lossConfig,
  type MetricName,
  metricRegistry,
  type RegularizerName,
  regularizerRegistry,
} from '../lib/nn/choices.js'
import type { AnyLayer } from '../lib/nn/layer.js'
import { layerRegistry } from '../lib/nn/layer-classes.js'
import { type OptimizerName, optimizerRegistry } from '../lib/optim/choices.js'
import { scheduleRegistry } from '../lib/optim/schedules/choices.js'
import { bits } from './graph/equality.js'
import type { FactoryName } from './helpers/choices.js'
import { failure } from './helpers/failure.js'
import { labels, signed } from './helpers/random.js'

// Whatever has a config is made again from what JSON wrote of it: Class.fromConfig(x.getConfig()) equals x.

const { layers, input, metrics, model, sequential } = my
const json = <T>(value: T): T => JSON.parse(JSON.stringify(value))

/** A layer made again from its config, which tells the same. */
function again<L extends AnyLayer>(layer: L): L {
  const Class = layer.constructor as unknown as { fromConfig(config: object): L }
  const made = Class.fromConfig(json(layer.getConfig()))
  expect(made.constructor).toBe(layer.constructor)
  expect(made.getConfig()).toEqual(layer.getConfig())
  return made
}

/** A model made again, with the same weights: each output and each weight's treatment is the same to the last bit. */
function sameModel(net: my.Model<my.Tensor | my.Tensor[]>, x: my.Tensor | my.Tensor[]): typeof net {
  const made = again(net)
  expect(made.weights.map(({ name, shape, trainable }) => ({ name, shape, trainable }))).toEqual(
    net.weights.map(({ name, shape, trainable }) => ({ name, shape, trainable })),
  )
  made.setWeights(net.getWeights())
  const outputs = (of: typeof net): string[] => [of.call(x)].flat().map((y) => bits(y))
  expect(outputs(made)).toEqual(outputs(net))
  expect(made.trainableWeights.map(({ name }) => name)).toEqual(net.trainableWeights.map(({ name }) => name))
  expect(made.outputNames).toEqual(net.outputNames)
  expect(made.inputNames).toEqual(net.inputNames)
  expect(made.summary(false)).toBe(net.summary(false))
  return made
}

const weightOf = <W extends string>(weight: W) => ({
  [`${weight}Initializer`]: my.initializers.randomNormal({ stddev: 0.3, seed: 4 }),
  [`${weight}Regularizer`]: my.regularizers.l1l2({ l1: 0.1, l2: 0.2 }),
  [`${weight}Constraint`]: my.constraints.maxNorm({ maxValue: 3, axis: [0] }),
})
const common = { name: 'mine', trainable: false, learningRateMultiplier: 0.5 }
const scaleShift = { center: true, scale: true, ...weightOf('beta'), ...weightOf('gamma') }

/** Every layer with all options that it has, none of them the default. */
const cases: { [name in FactoryName<typeof layers>]: AnyLayer } = {
  activation: layers.activation({ ...common, activation: 'gelu' }),
  add: layers.add(common),
  alphaDropout: layers.alphaDropout({ ...common, rate: 0.2, seed: 3 }),
  average: layers.average(common),
  batchNormalization: layers.batchNormalization({
    ...{ ...common, ...scaleShift, axis: 1, momentum: 0.7, epsilon: 0.1 },
    ...{ movingMeanInitializer: 'ones', movingVarianceInitializer: { name: 'constant', value: 2 } },
  }),
  concatenate: layers.concatenate({ ...common, axis: 1 }),
  dense: layers.dense({
    ...{ ...common, inputShape: [2, 3], units: 3, activation: 'swish', useBias: false },
    ...{ ...weightOf('kernel'), ...weightOf('bias'), activityRegularizer: 'l2' },
  }),
  dropout: layers.dropout({ ...common, rate: 0.4, seed: 0 }),
  elu: layers.elu({ ...common, alpha: 0.5 }),
  embedding: layers.embedding({
    ...common,
    inputDim: 4,
    outputDim: 2,
    ...weightOf('embeddings'),
    activityRegularizer: 'l1',
  }),
  flatten: layers.flatten(common),
  gaussianDropout: layers.gaussianDropout({ ...common, rate: 0.2, seed: 3 }),
  gaussianNoise: layers.gaussianNoise({ ...common, stddev: 0.2, seed: 3 }),
  groupNormalization: layers.groupNormalization({ ...common, ...scaleShift, groups: -1, axis: 1, epsilon: 0.1 }),
  input: input({ shape: [2, 3], dtype: 'int32', name: 'mine' }).layer,
  layerNormalization: layers.layerNormalization({ ...common, ...scaleShift, axis: [-2, -1], epsilon: 0.1 }),
  leakyRelu: layers.leakyRelu({ ...common, negativeSlope: 0.1 }),
  maximum: layers.maximum(common),
  multiply: layers.multiply(common),
  normalization: layers.normalization({ ...common, mean: my.tensor([0.5]), variance: [2], axis: null, invert: true }),
  prelu: layers.prelu({ ...common, ...weightOf('alpha'), sharedAxes: [1] }),
  rescaling: layers.rescaling({ ...common, scale: 0.5, offset: 0.1 }),
  reshape: layers.reshape({ ...common, targetShape: [3, -1] }),
  rrelu: layers.rrelu({ ...common, lower: 0.1, upper: 0.2, seed: 1 }),
  selu: layers.selu(common),
  softmax: layers.softmax({ ...common, axis: 1 }),
  spatialDropout: layers.spatialDropout({ ...common, rate: 0.4, seed: 1 }),
  subtract: layers.subtract(common),
}

describe('layers', () => {
  it.each(Object.entries(cases))('%s with all its options', (_, layer) => {
    const { schema } = layer.constructor as typeof my.Layer
    const config = layer.getConfig()
    expect(Object.keys(config)).toEqual(expect.arrayContaining(Object.keys(schema ?? {})))
    for (const [name, value] of Object.entries(common))
      if (name === 'name' || layer.className !== 'InputLayer') expect(config[name]).toBe(value)
    again(layer)
  })

  it.each(Object.entries(cases))('%s computes the same', (name, layer) => {
    const made = again(layer)
    const several = ['add', 'average', 'concatenate', 'maximum', 'multiply', 'subtract'].includes(name)
    const x = name === 'embedding' ? labels(12, 4).reshape([2, 2, 3]) : signed([2, 2, 3])
    const training = { training: name !== 'input' }
    const run = (of: AnyLayer): string[] => {
      const symbols = several ? [x, x.mul(2)] : x
      of.ensureBuilt(
        several
          ? [
              [2, 3],
              [2, 3],
            ]
          : [2, 3],
      )
      return [of.call(symbols, training)].flat().map((y) => bits(y))
    }
    expect(run(made)).toEqual(run(layer))
    expect(made.weights.map((weight) => [weight.name, bits(weight)])).toEqual(
      layer.weights.map((weight) => [weight.name, bits(weight)]),
    )
  })

  it('has a case for each that is registered, models besides', () => {
    const classes = new Set(Object.values(cases).map(({ className }) => className))
    expect([...classes, 'Sequential', 'Functional'].sort()).toEqual([...layerRegistry.names].sort())
  })

  it('that are extended: options of their own, those of the class besides', () => {
    class Scaled extends layers.Dense {
      readonly factor: number
      constructor(options: ConstructorParameters<typeof layers.Dense>[0] & { factor: number }) {
        super(options)
        this.factor = options.factor
      }
      override getConfig(): Record<string, unknown> {
        return { ...super.getConfig(), factor: this.factor }
      }
    }
    const made = again(new Scaled({ units: 3, activation: 'relu', factor: 2 }))
    expect(made.getConfig()).toMatchObject({ units: 3, activation: 'relu', factor: 2 })
  })
})

const { constraints, initializers, optimizers, regularizers, schedules } = my

const settings = {
  learningRate: schedules.warmup(schedules.powerDecay({ initialLearningRate: 0.5, decaySteps: 3, power: 2 }), 2),
  clipNorm: 0.5,
  weightDecay: 0.25,
  exclude: ['bias'],
}
const moments = { ...settings, beta1: 0.5, beta2: 0.75, epsilon: 0.1 }

/** Every optimizer with all options that it has, none of them the default. */
const rules: { [name in OptimizerName]: my.Optimizer } = {
  adadelta: optimizers.adadelta({ ...settings, rho: 0.5, epsilon: 0.1 }),
  adagrad: optimizers.adagrad({ ...settings, initialAccumulatorValue: 0.5, epsilon: 0.25 }),
  adam: optimizers.adam({ ...moments, amsgrad: true }),
  adamax: optimizers.adamax(moments),
  adamw: optimizers.adamw({ ...moments, amsgrad: true }),
  lion: optimizers.lion({ ...settings, beta1: 0.5, beta2: 0.75 }),
  nadam: optimizers.nadam(moments),
  radam: optimizers.radam(moments),
  rmsprop: optimizers.rmsprop({ ...settings, rho: 0.5, momentum: 0.75, epsilon: 0.1, centered: true }),
  sgd: optimizers.sgd({ ...settings, momentum: 0.75, nesterov: true }),
}

/** Two parameters, one of them exempt from decay, after some updates. */
function updated(optimizer: my.Optimizer): string[] {
  const parameters = ['kernel', 'bias'].map((name) => new my.Parameter(signed([4]), { name }))
  for (let step = 0; step < 8; step++)
    optimizer.update(
      parameters,
      parameters.map((parameter) => my.noGrad(() => parameter.mul(step - 3).add(1))),
    )
  return parameters.map((parameter) => bits(parameter))
}

describe('optimizers', () => {
  type Class = { fromConfig(config: my.OptimizerConfig): my.Optimizer; schema: object }
  const classOf = (optimizer: my.Optimizer): Class => optimizer.constructor as unknown as Class

  it.each(Object.entries(rules))('%s with all its options', (name, optimizer) => {
    const config = json(optimizer.getConfig())
    const alternatives = ['clipValue', 'globalClipNorm']
    expect([...Object.keys(config), ...alternatives].sort()).toEqual(
      ['name', ...Object.keys(classOf(optimizer).schema)].sort(),
    )
    const made = classOf(optimizer).fromConfig(config)
    expect(made.constructor).toBe(optimizer.constructor)
    expect(made.getConfig()).toEqual(config)
    expect(made.name).toBe(name)
    const byName = optimizerRegistry.get(config, 'here')
    expect(byName.constructor).toBe(optimizer.constructor)
    const wanted = updated(optimizer)
    expect(wanted).not.toEqual(updated(optimizers[name as OptimizerName]()))
    expect(updated(made)).toEqual(wanted)
    expect(updated(byName)).toEqual(wanted)
  })

  it('tell the rate and the exemptions that were set last', () => {
    const parameter = new my.Parameter(my.ones([1]), { name: 'scale' })
    const optimizer = optimizers.sgd({ ...settings, momentum: 0.5 })
    optimizer.learningRate = 0.25
    optimizer.excludeFromWeightDecay([parameter])
    expect(optimizer.getConfig()).toMatchObject({ learningRate: 0.25, exclude: ['scale'] })
    expect(optimizer.options).toMatchObject({ momentum: 0.5, nesterov: false, exclude: ['bias'] })
  })

  it('are not made of the config of another class', () => {
    expect(failure(() => optimizers.Sgd.fromConfig({ name: 'adam' })).message).toBe('[sgd] the config is one of "adam"')
  })
})

const decayed = { initialLearningRate: 0.5, decaySteps: 3 }
const decay = { ...decayed, decayRate: 0.75 }

/** Every schedule with all options that it has. */
const rates: { [name in keyof typeof schedules]: my.NamedSchedule } = {
  constant: schedules.constant(0.25),
  cosineDecay: schedules.cosineDecay({ ...decayed, alpha: 0.125, warmupTarget: 0.75, warmupSteps: 2 }),
  cosineDecayRestarts: schedules.cosineDecayRestarts({
    initialLearningRate: 0.5,
    firstDecaySteps: 2,
    tMul: 1.5,
    mMul: 0.5,
    alpha: 0.125,
  }),
  exponentialDecay: schedules.exponentialDecay({ ...decay, staircase: true }),
  inverseTimeDecay: schedules.inverseTimeDecay({ ...decay, staircase: true }),
  oneCycle: schedules.oneCycle({
    ...{ maxLearningRate: 0.5, totalSteps: 8, initialLearningRate: 0.25, finalLearningRate: 0.125, finalShare: 0.25 },
    ...{ cycleMomentum: true, maxMomentum: 0.75, minMomentum: 0.5 },
  }),
  piecewiseConstant: schedules.piecewiseConstant({ boundaries: [2, 4], values: [0.5, 0.25, 0.75] }),
  polynomialDecay: schedules.polynomialDecay({ ...decayed, endLearningRate: 0.125, power: 2, cycle: true }),
  powerDecay: schedules.powerDecay({ ...decayed, power: 2 }),
  warmup: schedules.warmup(schedules.powerDecay(decayed), 2),
}

describe('schedules', () => {
  it.each(Object.entries(rates))('%s with all its options', (name, schedule) => {
    const config = json(schedule.getConfig())
    expect(config.name).toBe(name)
    const made = scheduleRegistry.get(config, 'here')
    expect(made).not.toBe(schedule)
    expect(made.getConfig?.()).toEqual(config)
    expect(optimizers.sgd({ learningRate: config }).getConfig().learningRate).toEqual(config)
    for (let step = 0; step < 10; step++) {
      expect(made(step)).toBe(schedule(step))
      expect(made.momentum?.(step)).toBe(schedule.momentum?.(step))
    }
  })
})

const gaussian = { stddev: 0.25, seed: 4 }

/** Every initializer with all options that it has. */
const beginnings: { [name in InitializerName]: my.Initializer } = {
  constant: initializers.constant({ value: 0.5 }),
  glorotNormal: initializers.glorotNormal({ seed: 4 }),
  glorotUniform: initializers.glorotUniform({ seed: 4 }),
  heNormal: initializers.heNormal({ seed: 4 }),
  heUniform: initializers.heUniform({ seed: 4 }),
  identity: initializers.identity({ gain: 0.5 }),
  lecunNormal: initializers.lecunNormal({ seed: 4 }),
  lecunUniform: initializers.lecunUniform({ seed: 4 }),
  ones: initializers.ones(),
  orthogonal: initializers.orthogonal({ gain: 0.5, seed: 4 }),
  randomNormal: initializers.randomNormal({ mean: 0.5, ...gaussian }),
  randomUniform: initializers.randomUniform({ minval: 0.25, maxval: 0.5, seed: 4 }),
  randomWalk: initializers.randomWalk({ activation: 'relu', seed: 4 }),
  truncatedNormal: initializers.truncatedNormal({ mean: 0.5, ...gaussian }),
  varianceScaling: initializers.varianceScaling({ scale: 0.5, mode: 'fanAvg', distribution: 'uniform', seed: 4 }),
  zeros: initializers.zeros(),
}

/** Every regularizer with all options that it has. */
const penalties: { [name in RegularizerName]: my.Regularizer } = {
  l1: regularizers.l1({ l1: 0.5 }),
  l1l2: regularizers.l1l2({ l1: 0.5, l2: 0.25 }),
  l2: regularizers.l2(0.5),
  orthogonal: regularizers.orthogonal({ factor: 0.5, mode: 'columns' }),
}

/** Every constraint with all options that it has. */
const bounds: { [name in ConstraintName]: my.Constraint } = {
  maxNorm: constraints.maxNorm({ maxValue: 0.5, axis: [1] }),
  minMaxNorm: constraints.minMaxNorm({ minValue: 0.25, maxValue: 0.5, rate: 0.75, axis: 1 }),
  nonNeg: constraints.nonNeg(),
  unitNorm: constraints.unitNorm({ axis: -1 }),
}

describe('initializers, regularizers and constraints', () => {
  type Fn<X> = ((x: X) => my.Tensor) & { config?: { name: string } }
  const same = <X>(made: Fn<X>, given: Fn<X>, name: string, x: X): void => {
    expect(made).not.toBe(given)
    expect(given.config).toMatchObject({ name })
    expect(json(made.config)).toEqual(json(given.config))
    expect(bits(made(x))).toBe(bits(given(x)))
  }

  it.each(Object.entries(beginnings))('%s with all its options', (name, given) => {
    same(initializerRegistry.get(json(given.config), 'here'), given, name, [5, 5])
  })

  it.each(Object.entries(penalties))('%s with all its options', (name, given) => {
    same(regularizerRegistry.get(json(given.config), 'here'), given, name, signed([3, 4]))
  })

  it.each(Object.entries(bounds))('%s with all its options', (name, given) => {
    same(constraintRegistry.get(json(given.config), 'here'), given, name, signed([3, 4]))
  })
})

/** The options of every loss, with none of the defaults. */
const wishes: { [name in LossName]: object } = {
  binaryCrossentropy: { fromLogits: true, labelSmoothing: 0.25 },
  categoricalCrossentropy: { fromLogits: true, labelSmoothing: 0.25 },
  categoricalHinge: {},
  cosineSimilarity: { axis: 1 },
  hinge: {},
  huber: { delta: 0.25 },
  kullbackLeiblerDivergence: {},
  logCosh: {},
  meanAbsoluteError: {},
  meanSquaredError: {},
  poisson: {},
  sparseCategoricalCrossentropy: { fromLogits: true },
  squaredHinge: {},
}

describe('losses', () => {
  it.each(Object.entries(wishes))('%s with all its options', (name, options) => {
    const made = getLoss({ name, ...options, reduction: 'none' }, 'here')
    expect(getLoss(json(lossConfig(made, 'here')), 'here').config).toEqual({ name, ...options, reduction: 'none' })
    expect(made.name).toBe(name)
    const loss = my.losses[name as LossName] as my.LossFunction
    expect(lossConfig(loss, 'here')).toBe(name)
    const yPred = my.softmax(signed([6, 2, 4]))
    const yTrue =
      name === 'sparseCategoricalCrossentropy' ? labels(12, 4).reshape([6, 2]) : my.softmax(signed([6, 2, 4], 3))
    const given = { ...options, reduction: 'none' } as const
    expect(bits(made(yTrue, yPred))).toBe(bits(loss(yTrue, yPred, given)))
    expect(bits(made(yTrue, yPred, { reduction: 'mean' }))).toBe(bits(loss(yTrue, yPred, options)))
  })

  it('with options train as the function that hands them on, also on logits and by sample weights', async () => {
    const trained = async (loss: my.LossLike): Promise<unknown> => {
      const net = sequential({
        layers: [
          layers.dense({
            units: 2,
            inputShape: [3],
            activation: 'softmax',
            kernelInitializer: initializers.heNormal({ seed: 1 }),
          }),
        ],
      })
      net.compile({ loss, optimizer: 'adam', metrics: ['accuracy'] })
      const y = my.softmax(signed([8, 2], 2))
      const options = { epochs: 3, batchSize: 4, shuffle: false, verbose: 0, sampleWeight: my.arange(8) } as const
      const { history } = await net.fit(signed([8, 3]), y, options)
      return { history, weights: net.weights.map((weight) => bits(weight)) }
    }
    const { categoricalCrossentropy } = my.losses
    const wrapped = Object.assign(
      (y: my.Tensor, p: my.Tensor, o?: object) => categoricalCrossentropy(y, p, { ...o, labelSmoothing: 0.25 }),
      { fromLogits: 'softmax' as const },
    )
    expect(await trained({ name: 'categoricalCrossentropy', labelSmoothing: 0.25 })).toEqual(await trained(wrapped))
  })

  it('tell which accuracy fits, with options, too', () => {
    const resolved = (loss: my.LossLike): number => {
      const metric = metrics.accuracy().fork({ loss: getLoss(loss, 'here'), outputShape: [2] })
      metric.update(my.tensor([[1, 1]]), my.tensor([[0.75, 0.25]]))
      return metric.result()
    }
    expect(resolved({ name: 'binaryCrossentropy', labelSmoothing: 0.25 })).toBe(0.5)
    expect(resolved('binaryCrossentropy')).toBe(0.5)
  })
})

/** Every metric with all options that it has, where they do not exclude each other, none of them the default. */
const figures: { [name in MetricName]: my.Metric } = {
  accuracy: metrics.accuracy({ name: 'mine' }),
  auc: metrics.auc({ name: 'mine', numThresholds: 5, curve: 'PR' }),
  binaryAccuracy: metrics.binaryAccuracy({ name: 'mine', threshold: 0.25 }),
  categoricalAccuracy: metrics.categoricalAccuracy({ name: 'mine' }),
  confusionMatrix: metrics.confusionMatrix({ name: 'mine', classes: 4 }),
  f1: metrics.f1({ name: 'mine', threshold: 0.25, average: 'weighted' }),
  meanAbsoluteError: metrics.meanAbsoluteError({ name: 'mine' }),
  meanSquaredError: metrics.meanSquaredError({ name: 'mine' }),
  precision: metrics.precision({ name: 'mine', threshold: 0.25, average: 'micro' }),
  r2: metrics.r2({ name: 'mine' }),
  recall: metrics.recall({ name: 'mine', threshold: 0.25, classId: 2 }),
  sparseCategoricalAccuracy: metrics.sparseCategoricalAccuracy({ name: 'mine' }),
  topKCategoricalAccuracy: metrics.topKCategoricalAccuracy({ name: 'mine', k: 2 }),
}

describe('metrics', () => {
  it.each(Object.entries(figures))('%s with all its options', (kind, metric) => {
    const config = json(metric.getConfig())
    expect(config).toMatchObject({ kind, name: 'mine' })
    const made = metricRegistry.get(config, 'here')
    expect(made).not.toBe(metric)
    expect(made.getConfig()).toEqual(config)
    const yPred = my.softmax(signed([16, 4]))
    const yTrue = kind === 'sparseCategoricalAccuracy' ? labels(16, 4) : my.oneHot(labels(16, 4), 4)
    const figure = (of: my.Metric): number => {
      of.update(yTrue, yPred)
      return of.result()
    }
    const wanted = figure(metric)
    expect(wanted).not.toBe(0)
    expect(figure(made)).toBe(wanted)
  })

  it('of the user: registered functions are found', () => {
    const most = my.registerMetric(
      'most',
      ({ times = 1 }: { name?: string; times?: number }) =>
        (yTrue, yPred) =>
          yPred.sub(yTrue).abs().max().mul(times),
    )
    const metric = most({ times: 3 })
    const config = json(metric.getConfig())
    expect(config).toEqual({ kind: 'most', name: 'most', times: 3 })
    const made = metricRegistry.get(config, 'here')
    made.update(my.tensor([1]), my.tensor([3]))
    expect(made.result()).toBe(6)
    expect(made.getConfig()).toEqual(config)
  })
})

describe('compile', () => {
  const net = (): my.Sequential => sequential({ layers: [layers.dense({ units: 1, inputShape: [2], name: 'd' })] })
  const data = () => [signed([8, 2]), signed([8, 1])] as const

  it('of what getCompileConfig told trains the same, to the last bit', async () => {
    const optimizer = optimizers.sgd({ learningRate: schedules.exponentialDecay(decay), momentum: 0.5 })
    const first = net()
    expect(first.getCompileConfig()).toBeNull()
    first.compile({
      optimizer,
      loss: 'mse',
      metrics: ['mae', metrics.binaryAccuracy({ threshold: 0.25 })],
      lossWeights: [2],
    })
    const config = json(first.getCompileConfig())
    expect(config).toEqual({
      optimizer: json(optimizer.getConfig()),
      loss: 'meanSquaredError',
      metrics: ['mae', { kind: 'binaryAccuracy', name: 'binaryAccuracy', threshold: 0.25 }],
      lossWeights: [2],
    })
    const second = again(first)
    second.compile(config as my.CompileOptions)
    expect(json(second.getCompileConfig())).toEqual(config)
    second.setWeights(first.getWeights())
    const train = async (of: my.Sequential) => {
      const { history } = await of.fit(...data(), { epochs: 3, batchSize: 4, shuffle: false, verbose: 0 })
      return { history, weights: of.weights.map((weight) => bits(weight)) }
    }
    expect(await train(second)).toEqual(await train(first))
  })

  it('of several outputs', () => {
    const x = input({ shape: [2] })
    const outputs = ['a', 'b'].map((name) => layers.dense({ units: 1, name }).apply(x))
    const several = model({ inputs: x, outputs })
    several.compile({
      optimizer: 'adam',
      loss: { a: 'mae', b: { name: 'huber', delta: 2 } },
      metrics: { b: ['r2'] },
      lossWeights: { b: 3 },
    })
    const config = json(several.getCompileConfig())
    expect(config).toEqual({
      optimizer: json(optimizers.adam().getConfig()),
      loss: ['meanAbsoluteError', { name: 'huber', delta: 2 }],
      metrics: [[], ['r2']],
      lossWeights: [1, 3],
    })
    several.compile(config as my.CompileOptions)
    expect(json(several.getCompileConfig())).toEqual(config)
  })

  it('with functions of the user cannot be told, and says which one is to be registered', () => {
    const told = (options: Partial<my.CompileOptions>) =>
      failure(() => {
        const model = net()
        model.compile({ loss: 'mse', ...options })
        model.getCompileConfig()
      })
    const unknown = (where: string, option: string, registrar: string, folder: string) => ({
      code: 'ERR_FORMAT',
      message: `[${where}] ${option} is a function that no config can hold; register it by ${registrar}, or give one of ${folder}`,
    })
    const mean = (yTrue: my.Tensor, yPred: my.Tensor) => yTrue.sub(yPred).mean()
    expect(told({ loss: mean })).toEqual(unknown('compile', 'loss', 'registerLoss', 'losses'))
    expect(told({ metrics: [mean] })).toEqual(unknown('compile', 'metrics', 'registerMetric', 'metrics'))
    expect(told({ optimizer: optimizers.sgd({ learningRate: () => 1 }) })).toEqual(
      unknown('sgd', 'learningRate', 'registerSchedule', 'schedules'),
    )
  })
})

describe('models', () => {
  it('sequential, with input, frozen parts and multipliers', () => {
    const net = sequential({
      name: 'net',
      layers: [
        input({ shape: [4], dtype: 'int32', name: 'start' }),
        layers.rescaling({ scale: 0.1 }),
        layers.dense({ units: 3, activation: 'tanh', trainable: false }),
        layers.batchNormalization({ learningRateMultiplier: 0.5 }),
        layers.dense({ units: 2 }),
      ],
    })
    const x = labels(8, 5).reshape([2, 4])
    expect(sameModel(net, x)).toBeInstanceOf(my.Sequential)
    net.trainable = false
    ;(net.layers[3] as AnyLayer).trainable = true
    net.learningRateMultiplier = 2
    const made = sameModel(net, x)
    expect(made.layers.map(({ trainable }) => trainable)).toEqual([false, false, false, true])
    expect(made.weights.map(({ learningRateMultiplier }) => learningRateMultiplier)).toEqual(net.weights.map(() => 2))
  })

  it('sequential, built by a batch, and not built at all', () => {
    const net = sequential({ layers: [layers.dense({ units: 3 })] })
    expect(again(net).built).toBe(false)
    net.call(my.ones([1, 2]))
    expect(again(net).countParams().total).toBe(9)
  })

  it('sequential: its options go for all of its layers', () => {
    const dense = layers.dense({ units: 3 })
    const net = sequential({ layers: [dense], inputShape: [2], trainable: false, learningRateMultiplier: 0.5 })
    expect(net.built).toBe(true)
    expect(dense.trainable).toBe(false)
    expect(dense.weights.map(({ learningRateMultiplier }) => learningRateMultiplier)).toEqual([0.5, 0.5])
  })

  it('functional, with shared layers, several inputs and outputs by name', () => {
    const [a, b] = [input({ shape: [3], name: 'a' }), input({ shape: [3], dtype: 'uint8', name: '7' })]
    const shared = layers.dense({ units: 3, activation: 'relu', name: 'shared' })
    const sum = layers.add().apply([shared.apply(a), shared.apply(b)])
    const alone = layers.concatenate().apply([sum])
    const net = model({
      inputs: { b, a },
      outputs: { second: layers.dense({ units: 2 }).apply(alone), 1: sum, first: shared.apply(sum) },
    })
    const made = sameModel(net, [signed([2, 3]), labels(6, 4).reshape([2, 3])])
    expect(made).toBeInstanceOf(my.Functional)
    expect(made.layers.filter(({ name }) => name === 'shared')).toHaveLength(1)
  })

  it('functional, from the middle of another one, and with a layer of several outputs', () => {
    class Halves extends my.Layer<my.Tensor[]> {
      override call(x: my.Tensor): my.Tensor[] {
        return x.split(2, -1)
      }
    }
    my.registerLayer(Halves)
    const x = input({ shape: [4] })
    const middle = layers.dense({ units: 4 }).apply(x)
    const [left, right] = new Halves().apply(middle) as [my.SymbolicTensor, my.SymbolicTensor]
    sameModel(model({ inputs: middle, outputs: [right, layers.dense({ units: 1 }).apply(left)] }), signed([3, 4]))
  })

  it('in models: a layer that two of them have in common stays one', () => {
    const common = layers.dense({ units: 3, name: 'common/part~' })
    const encoder = sequential({ name: 'encoder', layers: [layers.dense({ units: 3, inputShape: [3] }), common] })
    const x = input({ shape: [3] })
    const decoder = model({ name: 'decoder', inputs: x, outputs: layers.add().apply([common.apply(x), x]) })
    const start = input({ shape: [3] })
    const coded = encoder.apply(start)
    const net = model({ inputs: start, outputs: [decoder.apply(coded), common.apply(coded), encoder.apply(coded)] })
    decoder.trainable = false
    const made = sameModel(net, signed([2, 3]))
    expect(made.weights).toHaveLength(net.weights.length)
    const part = (of: my.Model<my.Tensor | my.Tensor[]>, name: string) =>
      (of.getLayer(name) as my.Model).getLayer('common/part~')
    expect(part(made, 'decoder')).toBe(part(made, 'encoder'))
    expect(made.getLayer('common/part~')).toBe(part(made, 'encoder'))
    expect(json(net.getConfig())).toMatchObject({
      layers: expect.arrayContaining([{ shared: 'encoder/common~1part~0' }]),
    })
  })

  it('with layers of the user: registered classes are found, others refused with what to do', () => {
    class Scale extends my.Layer {
      constructor(private readonly given: my.LayerOptions & { factor: number }) {
        super(given)
      }
      override call(x: my.Tensor): my.Tensor {
        return x.mul(this.given.factor)
      }
      override getConfig(): Record<string, unknown> {
        return { ...super.getConfig(), factor: this.given.factor }
      }
    }
    const net = sequential({ name: 'net', layers: [new Scale({ factor: 3, name: 's', inputShape: [2] })] })
    expect(failure(() => net.getConfig())).toEqual({
      code: 'ERR_FORMAT',
      message:
        '[Sequential "net"] the class of the layer "s" is a function that no config can hold; registerLayer(Scale) gives it a name',
    })
    my.registerLayer(Scale)
    sameModel(net, signed([2, 2]))
    const odd = sequential({
      layers: [layers.dense({ name: 'd', units: 1, kernelInitializer: (shape) => my.ones(shape) })],
    })
    expect(failure(() => odd.getConfig())).toEqual({
      code: 'ERR_FORMAT',
      message:
        '[Dense "d"] kernelInitializer is a function that no config can hold; register it by registerInitializer, or give one of initializers',
    })
  })

  it('refuse configs that do not hold together', () => {
    const x = input({ shape: [2], name: 'x' })
    const config = json(
      model({ inputs: x, outputs: layers.dense({ units: 1, name: 'd' }).apply(x), name: 'm' }).getConfig(),
    ) as object
    const wrong = (changes: object) => failure(() => my.Functional.fromConfig({ ...config, ...changes }))
    for (const [changes, message] of [
      [{ layers: [] }, /no input layer for the input "x"/],
      [
        { layers: [{ className: 'Dense' }] },
        /a layer of a config is \{ className, config \}, got an object with className/,
      ],
      [{ layers: [{ className: 'Dens', config: {} }] }, /unknown layer "Dens"\. Did you mean "Dense"\?/],
      [{ layers: [{ shared: 'a' }] }, /no layer "a" before/],
      [{ calls: [{ layer: 'e', inputs: [0] }] }, /calls "e", which is none of its layers: x, d/],
      [{ calls: [{ layer: 'd', inputs: [4] }] }, /asks for the value 4, when there are 1/],
      [{ calls: 3 }, /a config holds layers, calls, inputs and outputs/],
      [{ outputs: [{ name: 'd', value: 3 }] }, /asks for the value 3, when there are 2/],
      [{ unknown: 1 }, /unknown option "unknown"/],
    ] as const) {
      const { code, message: found } = wrong(changes)
      expect(code).toBe('ERR_ARGUMENT')
      expect(found).toMatch(message)
    }
    for (const layer of [null, 3, {}, { className: 'Dense' }])
      expect(failure(() => sequential({ layers: [layer as never] })).code).toBe('ERR_ARGUMENT')
  })
})

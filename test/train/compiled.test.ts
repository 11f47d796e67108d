import { describe, expect, it } from 'vitest'
import { gradients } from '../../lib/autodiff/backward.js'
import { sequential } from '../../lib/model/index.js'
import { native } from '../../lib/native/binding.js'
import type { LossLike } from '../../lib/nn/choices.js'
import { activations, layers, losses } from '../../lib/nn/index.js'
import type { Layer } from '../../lib/nn/layer.js'
import { abs, gather, mean, sub } from '../../lib/ops/index.js'
import { optimizers } from '../../lib/optim/index.js'
import type { Optimizer } from '../../lib/optim/optimizer.js'
import { arange, tensor } from '../../lib/tensor/creation.js'
import { setSeed } from '../../lib/tensor/random.js'
import { tidy } from '../../lib/tensor/scope.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { compileStep } from '../../lib/train/index.js'
import { bits } from '../graph/equality.js'
import { getLoss } from '../helpers/choices.js'
import { equalBits } from '../helpers/machine.js'
import { labels, positive, signed } from '../helpers/random.js'

/** What is trained: two epochs of five steps through the data, the last step with a smaller batch, the second at another rate. */
interface Case {
  layers: () => Layer[]
  loss: LossLike
  optimizer?: () => Optimizer
  x?: Tensor
  y?: Tensor
  batchSize?: number
}

const [stepsPerEpoch, epochs] = [5, 2]
const steps = stepsPerEpoch * epochs
const size = 8
const samples = steps * size - 3
const classes = 5
const data = { x: signed([samples, 6]), y: labels(samples, classes) }

/** What came of it: the mean loss of each epoch, and the bits of the weights. */
interface Outcome {
  losses: number[]
  weights: string[]
}

/** A case made anew, the same each time, and the rows of each step. */
function prepare({
  layers,
  loss,
  optimizer = () => optimizers.sgd({ learningRate: 0.1 }),
  batchSize = size,
  ...given
}: Case) {
  const { x, y } = { ...data, ...given }
  setSeed(7)
  const model = sequential({ layers: layers() })
  const rule = optimizer()
  model.compile({ optimizer: rule, loss })
  model.ensureBuilt(x.shape.slice(1))
  const n = x.shape[0] as number
  const batches = Array.from({ length: Math.ceil(n / batchSize) }, (_, i) => {
    const rows = arange(i * batchSize, Math.min(n, (i + 1) * batchSize), 1, { dtype: 'int32' })
    return [gather(x, rows), gather(y, rows)] as const
  })
  const lossOf = getLoss(loss)
  const logits = lossOf.fromLogits !== undefined && lossOf.fromLogits === model.finalActivation
  /** The training loss, as fit has it. */
  const objective = (x: Tensor, y: Tensor): Tensor => {
    const value = logits
      ? lossOf(y, model.callLinear(x, { training: true }), { fromLogits: true })
      : lossOf(y, model.call(x, { training: true }))
    return value.rank === 0 ? value : mean(value)
  }
  const slowDown = (): void => {
    rule.learningRate /= 4
  }
  return { model, rule, x, y, batchSize, batches, objective, slowDown, weights: () => model.weights.map(bits) }
}

/** Runs a step by hand for each batch. */
function byHand(prepared: ReturnType<typeof prepare>, step: (x: Tensor, y: Tensor) => number): Outcome {
  const { batches, slowDown, weights, rule } = prepared
  const values = batches.map(([x, y], i) => {
    if (i === stepsPerEpoch) slowDown()
    return { loss: step(x, y), n: x.shape[0] as number }
  })
  const epoch = (from: number): number => {
    const part = values.slice(from, from + stepsPerEpoch)
    return part.reduce((sum, { loss, n }) => sum + loss * n, 0) / part.reduce((sum, { n }) => sum + n, 0)
  }
  expect(rule.iterations).toBe(steps)
  return { losses: [epoch(0), epoch(stepsPerEpoch)], weights: weights() }
}

function eagerly(given: Case): Outcome {
  const prepared = prepare(given)
  const { model, rule, objective } = prepared
  const { trainableWeights } = model
  return byHand(prepared, (x, y) =>
    tidy(() => {
      const loss = objective(x, y)
      rule.update(trainableWeights, gradients(loss, trainableWeights))
      return loss.item()
    }),
  )
}

function byStep(given: Case): Outcome {
  const prepared = prepare(given)
  const { model, rule, objective } = prepared
  const step = compileStep(objective, { parameters: model.trainableWeights, optimizer: rule })
  const outcome = byHand(prepared, (x, y) => step.sync(x, y).loss)
  step.dispose()
  return outcome
}

/** @param singly whether someone listens to single steps, so that each is a job of its own */
async function byFit(given: Case, singly: boolean): Promise<Outcome> {
  const { model, rule, x, y, batchSize, slowDown, weights } = prepare(given)
  let heard = 0
  const { history } = await model.fit(x, y, {
    epochs,
    stepsPerEpoch,
    batchSize,
    shuffle: false,
    verbose: 0,
    callbacks: {
      onEpochBegin: (epoch) => void (epoch === 1 && slowDown()),
      ...(singly && { onBatchEnd: () => void heard++ }),
    },
  })
  expect(rule.iterations).toBe(steps)
  expect(heard).toBe(singly ? steps : 0)
  return { losses: history.loss ?? [], weights: weights() }
}

/** Batches that come one after the other, at once or not. */
async function byIterable(given: Case, later: boolean): Promise<Outcome> {
  const { model, batches, slowDown, weights } = prepare(given)
  const stream = {
    async *[Symbol.asyncIterator]() {
      yield* batches
    },
  }
  const { history } = await model.fit(later ? stream : batches, undefined, {
    epochs,
    stepsPerEpoch,
    verbose: 0,
    callbacks: { onEpochBegin: (epoch) => void (epoch === 1 && slowDown()) },
  })
  return { losses: history.loss ?? [], weights: weights() }
}

async function expectOneOutcome(given: Case): Promise<void> {
  await outcomeOf(given)
}

/** What all ways come to. */
async function outcomeOf(given: Case): Promise<Outcome> {
  const wanted = eagerly(given)
  expect(wanted.losses.every(Number.isFinite)).toBe(true)
  expect(byStep(given), 'compileStep').toEqual(wanted)
  expect(await byFit(given, false), 'fit').toEqual(wanted)
  expect(await byFit(given, true), 'fit, a job a step').toEqual(wanted)
  return wanted
}

const { dense, batchNormalization, dropout } = layers
const sparse = 'sparseCategoricalCrossentropy'
const softmax = () => dense({ units: classes, activation: 'softmax' })
const around = (...between: Layer[]): Layer[] => [dense({ units: 12, activation: 'tanh' }), ...between, softmax()]

describe('training compiled equals training eagerly: layers', () => {
  const cases: Record<string, () => Layer[]> = {
    'dense without bias': () => [dense({ units: 7, useBias: false }), softmax()],
    'dense on several axes': () => [
      layers.reshape({ targetShape: [2, 3] }),
      dense({ units: 4 }),
      layers.flatten(),
      softmax(),
    ],
    'dense, frozen': () => [dense({ units: 7, activation: 'relu', trainable: false }), softmax()],
    'activation and rescaling': () => [
      layers.rescaling({ scale: 0.5, offset: 0.1 }),
      ...around(layers.activation({ activation: 'softplus' })),
    ],
    'batch normalization': () => around(batchNormalization()),
    'batch normalization first, on another axis': () => [
      layers.reshape({ targetShape: [2, 3] }),
      batchNormalization({ axis: 1 }),
      layers.flatten(),
      softmax(),
    ],
    'batch normalization without scale and shift': () =>
      around(batchNormalization({ center: false, scale: false, momentum: 0.5 })),
    'batch normalization, frozen': () => around(batchNormalization({ trainable: false })),
    dropout: () => around(dropout({ rate: 0.4 }), dense({ units: 9 }), dropout({ rate: 0.2 })),
    'dropout with a seed': () => around(dropout({ rate: 0.4, seed: 3 })),
    'Gaussian noise and dropout': () =>
      around(layers.gaussianNoise({ stddev: 0.1 }), dense({ units: 9 }), layers.gaussianDropout({ rate: 0.2 })),
    'dropout of channels': () => [
      layers.reshape({ targetShape: [3, 2] }),
      dense({ units: 5 }),
      layers.spatialDropout({ rate: 0.4 }),
      layers.flatten(),
      softmax(),
    ],
    'alpha dropout': () => around(dense({ units: 9, activation: 'selu' }), layers.alphaDropout({ rate: 0.2, seed: 1 })),
    'all together': () =>
      around(
        batchNormalization(),
        dropout({ rate: 0.3 }),
        dense({ units: 11, activation: 'elu' }),
        batchNormalization(),
      ),
  }
  it.each(Object.keys(cases))('%s', (name) => expectOneOutcome({ layers: cases[name] as () => Layer[], loss: sparse }))

  it.each(Object.keys(activations))('dense, %s', (name) => {
    const activation = name as keyof typeof activations
    return expectOneOutcome({ layers: () => [dense({ units: 9, activation }), softmax()], loss: sparse })
  })
})

describe('training compiled equals training eagerly: losses', () => {
  const oneHot = tensor(
    Float32Array.from({ length: samples * classes }, (_, i) => (i % 7 === 0 ? 1 : 0)),
    [samples, classes],
  )
  const [probabilities, zeroOne] = [
    positive([samples, classes], 3),
    tensor(
      Int32Array.from({ length: samples }, (_, i) => i % 2),
      [samples, 1],
    ),
  ]
  const ending = (units: number, activation: keyof typeof activations) => () => [
    dense({ units: 9, activation: 'relu' }),
    dense({ units, activation }),
  ]
  const bytes = tensor(Uint8Array.from({ length: samples }, (_, i) => (i * 3) % classes))
  const regressions = [
    'meanAbsoluteError',
    'huber',
    'logCosh',
    'hinge',
    'squaredHinge',
    'categoricalHinge',
    'cosineSimilarity',
  ] as const

  it.each<[string, Omit<Case, 'optimizer'>]>([
    ['sparse categorical, labels as bytes', { layers: ending(classes, 'softmax'), loss: sparse, y: bytes }],
    ['sparse categorical, on probabilities', { layers: ending(classes, 'sigmoid'), loss: sparse }],
    ['categorical', { layers: ending(classes, 'softmax'), loss: 'categoricalCrossentropy', y: oneHot }],
    [
      'categorical, on probabilities',
      { layers: ending(classes, 'sigmoid'), loss: 'categoricalCrossentropy', y: oneHot },
    ],
    ['binary', { layers: ending(1, 'sigmoid'), loss: 'binaryCrossentropy', y: zeroOne }],
    [
      'binary, on probabilities',
      {
        layers: () => [...ending(1, 'sigmoid')(), layers.rescaling({ scale: 0.9, offset: 0.05 })],
        loss: 'binaryCrossentropy',
        y: zeroOne,
      },
    ],
    ['mean squared error', { layers: ending(classes, 'linear'), loss: 'meanSquaredError', y: probabilities }],
    ...regressions.map((loss): [string, Omit<Case, 'optimizer'>] => [
      loss,
      { layers: ending(classes, 'linear'), loss, y: loss === 'categoricalHinge' ? oneHot : probabilities },
    ]),
    ...(['kullbackLeiblerDivergence', 'poisson'] as const).map((loss): [string, Omit<Case, 'optimizer'>] => [
      loss,
      { layers: ending(classes, 'softmax'), loss, y: probabilities },
    ]),
    [
      'options of a loss',
      {
        layers: ending(classes, 'linear'),
        loss: (y, p) => losses.huber(y, p, { delta: 0.2, reduction: 'none' }),
        y: probabilities,
      },
    ],
    ['a function', { layers: ending(classes, 'linear'), loss: (y, p) => mean(abs(sub(y, p))), y: probabilities }],
    [
      'a function of samples',
      { layers: ending(classes, 'linear'), loss: (y, p) => mean(abs(sub(y, p)), 1), y: probabilities },
    ],
  ])('%s', (_, given) => expectOneOutcome(given))

  it('has a case for each', () => {
    const others = [
      sparse,
      'binaryCrossentropy',
      'categoricalCrossentropy',
      'meanSquaredError',
      'kullbackLeiblerDivergence',
      'poisson',
    ]
    expect(Object.keys(losses).sort()).toEqual([...others, ...regressions].sort())
  })
})

describe('training compiled equals training eagerly: optimizers', () => {
  const { sgd, rmsprop, adam } = optimizers
  it.each<[string, () => Optimizer]>([
    ['sgd', () => sgd({ learningRate: 0.1 })],
    ['sgd, momentum', () => sgd({ learningRate: 0.1, momentum: 0.9 })],
    ['sgd, Nesterov', () => sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true })],
    ['rmsprop', () => rmsprop()],
    ['rmsprop, momentum', () => rmsprop({ momentum: 0.9 })],
    ['rmsprop, centered', () => rmsprop({ centered: true, momentum: 0.5 })],
    ['adam', () => adam()],
    ['adam, amsgrad', () => adam({ amsgrad: true, learningRate: 0.01 })],
    ['adamw', () => optimizers.adamw()],
    ['adamax', () => optimizers.adamax()],
    ['nadam', () => optimizers.nadam()],
    ['adagrad', () => optimizers.adagrad()],
    ['adadelta', () => optimizers.adadelta()],
    ['lion', () => optimizers.lion()],
  ])('%s', (_, optimizer) => expectOneOutcome({ layers: () => around(batchNormalization()), loss: sparse, optimizer }))

  it('has a case for each', () =>
    expect(Object.keys(optimizers).sort()).toEqual([
      'adadelta',
      'adagrad',
      'adam',
      'adamax',
      'adamw',
      'lion',
      'nadam',
      'rmsprop',
      'sgd',
    ]))
})

describe('training compiled equals training eagerly: data', () => {
  const bytes = tensor(
    Uint8Array.from({ length: samples * 6 }, (_, i) => (i * 37) % 256),
    [samples, 6],
  )
  const scaled = () => [layers.rescaling({ scale: 1 / 255 }), ...around(dropout({ rate: 0.2 }))]

  it('labels', () =>
    expectOneOutcome({
      layers: () => [layers.embedding({ inputDim: 9, outputDim: 3 }), layers.flatten(), softmax()],
      loss: sparse,
      x: labels(samples * 6, 9).reshape([samples, 6]),
    }))

  it('bytes', () => expectOneOutcome({ layers: scaled, loss: sparse, x: bytes }))

  it.each([
    ['numbers', data.x],
    ['bytes', bytes],
  ])('%s in batches from outside', async (_, x) => {
    const given = { layers: scaled, loss: sparse, x } as const
    const wanted = eagerly(given)
    expect(await byIterable(given, false), 'an array').toEqual(wanted)
    expect(await byIterable(given, true), 'a stream').toEqual(wanted)
  })
})

describe('training compiled equals training eagerly: large enough for threads', () => {
  const batchSize = 64
  const many = steps * batchSize - 9
  const given: Case = {
    layers: () => [
      dense({ units: 300, activation: 'relu' }),
      batchNormalization(),
      dropout({ rate: 0.2 }),
      dense({ units: 200, activation: 'elu' }),
      dense({ units: 10, activation: 'softmax' }),
    ],
    loss: sparse,
    optimizer: () => optimizers.rmsprop(),
    x: signed([many, 400]),
    y: labels(many, 10),
    batchSize,
  }
  it('on every instruction set and for any number of threads', async () => {
    const { isa: usual, threads: all } = native.info()
    const outcomes: Outcome[] = []
    try {
      for (const isa of equalBits) {
        for (const threads of [1, 2]) {
          native.setInstructionSet(isa)
          native.setThreads(threads)
          outcomes.push(await outcomeOf(given))
        }
      }
    } finally {
      native.setInstructionSet(usual)
      native.setThreads(all)
    }
    for (const outcome of outcomes) expect(outcome).toEqual(outcomes[0])
  })
})

import { describe, expect, it } from 'vitest'
import { sequential } from '../../lib/model/index.js'
import { native } from '../../lib/native/binding.js'
import type { LossLike } from '../../lib/nn/choices.js'
import { activations, layers, losses } from '../../lib/nn/index.js'
import type { Layer } from '../../lib/nn/layer.js'
import { abs, mean, sub } from '../../lib/ops/index.js'
import type { OptimizerName } from '../../lib/optim/choices.js'
import { optimizers } from '../../lib/optim/index.js'
import type { Optimizer } from '../../lib/optim/optimizer.js'
import { tensor } from '../../lib/tensor/creation.js'
import { setSeed } from '../../lib/tensor/random.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { equalBits } from '../helpers/machine.js'
import { labels, positive, signed } from '../helpers/random.js'
import { byIterable, eagerly, type Outcome, type Training, trainsAlike } from './ways-to-train.js'

/** Layers in a row, trained two epochs of five steps, the last one with a smaller batch, the second epoch at another rate. */
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

function trainingOf({ layers, optimizer = () => optimizers.sgd({ learningRate: 0.1 }), ...given }: Case): Training {
  const make = () => {
    setSeed(7)
    return { model: sequential({ layers: layers() }), optimizer: optimizer() }
  }
  const between = (optimizer: Optimizer): void => {
    optimizer.learningRate /= 4
  }
  return { ...data, batchSize: size, ...given, make, epochs, stepsPerEpoch, between }
}

const expectOneOutcome = async (given: Case): Promise<void> => void (await trainsAlike(trainingOf(given)))

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
  const regression = (loss: keyof typeof losses, y = probabilities) => ({
    [loss]: { layers: ending(classes, 'linear'), loss, y },
  })
  const ofShares = (loss: keyof typeof losses) => ({
    [loss]: { layers: ending(classes, 'softmax'), loss, y: probabilities },
  })
  const onProbabilities = (loss: keyof typeof losses, y: Tensor) => ({ layers: ending(classes, 'sigmoid'), loss, y })
  const cases: { [loss in keyof typeof losses]: Record<string, Omit<Case, 'optimizer'>> } = {
    binaryCrossentropy: {
      binary: { layers: ending(1, 'sigmoid'), loss: 'binaryCrossentropy', y: zeroOne },
      'binary, on probabilities': {
        layers: () => [...ending(1, 'sigmoid')(), layers.rescaling({ scale: 0.9, offset: 0.05 })],
        loss: 'binaryCrossentropy',
        y: zeroOne,
      },
    },
    categoricalCrossentropy: {
      categorical: { layers: ending(classes, 'softmax'), loss: 'categoricalCrossentropy', y: oneHot },
      'categorical, on probabilities': onProbabilities('categoricalCrossentropy', oneHot),
    },
    categoricalHinge: regression('categoricalHinge', oneHot),
    cosineSimilarity: regression('cosineSimilarity'),
    hinge: regression('hinge'),
    huber: {
      ...regression('huber'),
      'options of a loss': {
        layers: ending(classes, 'linear'),
        loss: (y, p) => losses.huber(y, p, { delta: 0.2, reduction: 'none' }),
        y: probabilities,
      },
    },
    kullbackLeiblerDivergence: ofShares('kullbackLeiblerDivergence'),
    logCosh: regression('logCosh'),
    meanAbsoluteError: regression('meanAbsoluteError'),
    meanSquaredError: regression('meanSquaredError'),
    poisson: ofShares('poisson'),
    sparseCategoricalCrossentropy: {
      'sparse categorical, labels as bytes': { layers: ending(classes, 'softmax'), loss: sparse, y: bytes },
      'sparse categorical, on probabilities': onProbabilities(sparse, data.y),
    },
    squaredHinge: regression('squaredHinge'),
  }
  const functions: Record<string, Omit<Case, 'optimizer'>> = {
    'a function': { layers: ending(classes, 'linear'), loss: (y, p) => mean(abs(sub(y, p))), y: probabilities },
    'a function of samples': {
      layers: ending(classes, 'linear'),
      loss: (y, p) => mean(abs(sub(y, p)), 1),
      y: probabilities,
    },
  }

  it.each([...Object.values(cases), functions].flatMap(Object.entries<Case>))('%s', (_, given) =>
    expectOneOutcome(given),
  )
})

describe('training compiled equals training eagerly: optimizers', () => {
  const { sgd, rmsprop, adam } = optimizers
  const cases: { [name in OptimizerName]: Record<string, () => Optimizer> } = {
    adadelta: { adadelta: () => optimizers.adadelta() },
    adagrad: { adagrad: () => optimizers.adagrad() },
    adam: { adam: () => adam(), 'adam, amsgrad': () => adam({ amsgrad: true, learningRate: 0.01 }) },
    adamax: { adamax: () => optimizers.adamax() },
    adamw: { adamw: () => optimizers.adamw() },
    lion: { lion: () => optimizers.lion() },
    nadam: { nadam: () => optimizers.nadam() },
    radam: { radam: () => optimizers.radam() },
    rmsprop: {
      rmsprop: () => rmsprop(),
      'rmsprop, momentum': () => rmsprop({ momentum: 0.9 }),
      'rmsprop, centered': () => rmsprop({ centered: true, momentum: 0.5 }),
    },
    sgd: {
      sgd: () => sgd({ learningRate: 0.1 }),
      'sgd, momentum': () => sgd({ learningRate: 0.1, momentum: 0.9 }),
      'sgd, Nesterov': () => sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true }),
    },
  }
  it.each(Object.values(cases).flatMap(Object.entries<() => Optimizer>))('%s', (_, optimizer) =>
    expectOneOutcome({ layers: () => around(batchNormalization()), loss: sparse, optimizer }),
  )
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
    const training = trainingOf({ layers: scaled, loss: sparse, x })
    const wanted = eagerly(training)
    expect(await byIterable(training), 'an array').toEqual(wanted)
    expect(await byIterable(training, { later: true }), 'a stream').toEqual(wanted)
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
          outcomes.push(await trainsAlike(trainingOf(given)))
        }
      }
    } finally {
      native.setInstructionSet(usual)
      native.setThreads(all)
    }
    for (const outcome of outcomes) expect(outcome).toEqual(outcomes[0])
  })
})

import { describe, expect, it } from 'vitest'
import { model } from '../../lib/model/index.js'
import { layers } from '../../lib/nn/index.js'
import type { SymbolicTensor } from '../../lib/nn/layer.js'
import { adam } from '../../lib/optim/rules/index.js'
import { setSeed } from '../../lib/tensor/random.js'
import type { FactoryName } from '../helpers/choices.js'
import { equalBits, onInstructionSet, withThreads } from '../helpers/machine.js'
import { labels, signed } from '../helpers/random.js'
import { byStep, type Training, trainsAlike } from './ways-to-train.js'

const { input, dense } = layers
type Between = (x: SymbolicTensor) => SymbolicTensor

const [samples, batchSize, epochs] = [44, 16, 2]
const y = signed([samples, 3], 2)
const features = signed([samples, 4, 6])
const words = labels(samples * 4, 9).reshape([samples, 4])

/** Merges two branches of one input. */
const merging =
  (merge: (parts: SymbolicTensor[]) => SymbolicTensor): Between =>
  (x) =>
    merge([dense({ units: 5 }).apply(x), dense({ units: 5, activation: 'tanh' }).apply(x)])

/** Each layer between samples of [4, 6], which a dense layer has changed before, and a dense output. */
const cases: { [name in FactoryName<typeof layers>]: Between } = {
  activation: (x) => layers.activation({ activation: 'gelu' }).apply(x),
  add: merging((parts) => layers.add().apply(parts)),
  alphaDropout: (x) => layers.alphaDropout({ rate: 0.2 }).apply(x),
  average: merging((parts) => layers.average().apply(parts)),
  batchNormalization: (x) => layers.batchNormalization().apply(x),
  concatenate: merging((parts) => layers.concatenate().apply(parts)),
  dense: (x) => layers.dense({ units: 7, activation: 'elu' }).apply(x),
  dropout: (x) => layers.dropout({ rate: 0.4 }).apply(x),
  elu: (x) => layers.elu({ alpha: 0.5 }).apply(x),
  embedding: (x) => layers.embedding({ inputDim: 9, outputDim: 6 }).apply(x),
  flatten: (x) => layers.flatten().apply(x),
  gaussianDropout: (x) => layers.gaussianDropout({ rate: 0.2 }).apply(x),
  gaussianNoise: (x) => layers.gaussianNoise({ stddev: 0.2 }).apply(x),
  groupNormalization: (x) => layers.groupNormalization({ groups: 3 }).apply(x),
  input: (x) => x,
  layerNormalization: (x) => layers.layerNormalization().apply(x),
  leakyRelu: (x) => layers.leakyRelu({ negativeSlope: 0.1 }).apply(x),
  maximum: merging((parts) => layers.maximum().apply(parts)),
  multiply: merging((parts) => layers.multiply().apply(parts)),
  normalization: (x) => layers.normalization({ mean: [0.5], variance: [2], axis: null }).apply(x),
  prelu: (x) => layers.prelu({ sharedAxes: [1] }).apply(x),
  rescaling: (x) => layers.rescaling({ scale: 0.5, offset: 0.1 }).apply(x),
  reshape: (x) => layers.reshape({ targetShape: [8, -1] }).apply(x),
  rrelu: (x) => layers.rrelu().apply(x),
  selu: (x) => layers.selu().apply(x),
  softmax: (x) => layers.softmax().apply(x),
  spatialDropout: (x) => layers.spatialDropout({ rate: 0.4 }).apply(x),
  subtract: merging((parts) => layers.subtract().apply(parts)),
}

const trainingOf = (name: keyof typeof cases): Training => {
  const x = name === 'embedding' ? words : features
  const make = () => {
    setSeed(13)
    const start = input({ shape: x.shape.slice(1), dtype: x.dtype })
    const before = name === 'embedding' ? start : dense({ units: 6 }).apply(start)
    const after = layers.flatten().apply(cases[name](before))
    const net = model({ inputs: start, outputs: dense({ units: 3 }).apply(after) })
    return { model: net, optimizer: adam({ learningRate: 0.02 }) }
  }
  return { make, loss: 'meanSquaredError', x, y, batchSize, epochs }
}

describe('every layer trains and predicts compiled as eagerly, bit for bit', () => {
  it.each(Object.keys(cases) as (keyof typeof cases)[])('%s', async (name) => {
    const training = trainingOf(name)
    const wanted = await trainsAlike(training)
    expect(wanted.losses[1]).not.toBe(wanted.losses[0])
    for (const isa of equalBits)
      for (const threads of [1, 2])
        onInstructionSet(isa, () =>
          withThreads(threads, () => expect(byStep(training), `${isa}, threads: ${threads}`).toEqual(wanted)),
        )
  })
})

import { describe, expect, it } from 'vitest'
import { gradients } from '../../lib/autodiff/backward.js'
import { type Model, model } from '../../lib/model/index.js'
import { layers, losses } from '../../lib/nn/index.js'
import type { SymbolicTensor } from '../../lib/nn/layer.js'
import { slice } from '../../lib/ops/index.js'
import { adam } from '../../lib/optim/rules/index.js'
import { setSeed } from '../../lib/tensor/random.js'
import { tidy } from '../../lib/tensor/scope.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { compileStep } from '../../lib/train/index.js'
import { bits } from '../graph/equality.js'
import { type FactoryName, factoriesOf } from '../helpers/choices.js'
import { equalBits, onInstructionSet, withThreads } from '../helpers/machine.js'
import { labels, signed } from '../helpers/random.js'

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

interface Outcome {
  losses: number[]
  weights: string[]
  prediction: string
}

function prepare(name: keyof typeof cases) {
  setSeed(13)
  const x = name === 'embedding' ? words : features
  const start = input({ shape: x.shape.slice(1), dtype: x.dtype })
  const before = name === 'embedding' ? start : dense({ units: 6 }).apply(start)
  const after = layers.flatten().apply(cases[name](before))
  const net = model({ inputs: start, outputs: dense({ units: 3 }).apply(after) })
  return { net, x, optimizer: adam({ learningRate: 0.02 }) }
}

const objective = (net: Model) => (x: Tensor, y: Tensor) => losses.meanSquaredError(y, net.call(x, { training: true }))

/** Steps by hand through the batches in their order; the mean loss over the samples of each epoch. */
function byHand(x: Tensor, step: (x: Tensor, y: Tensor) => number): number[] {
  return Array.from({ length: epochs }, () => {
    let total = 0
    for (let from = 0; from < samples; from += batchSize) {
      const n = Math.min(batchSize, samples - from)
      const rows = (t: Tensor): Tensor => slice(t, [from], [n])
      total += n * tidy(() => step(rows(x), rows(y)))
    }
    return total / samples
  })
}

function eagerly(name: keyof typeof cases): Outcome {
  const { net, x, optimizer } = prepare(name)
  const { trainableWeights } = net
  const lossOf = objective(net)
  const losses = byHand(x, (x, y) => {
    const loss = lossOf(x, y)
    optimizer.update(trainableWeights, gradients(loss, trainableWeights))
    return loss.item()
  })
  return { losses, weights: net.weights.map(bits), prediction: bits(net.call(x)) }
}

function byStep(name: keyof typeof cases): Outcome {
  const { net, x, optimizer } = prepare(name)
  const step = compileStep(objective(net), { parameters: net.trainableWeights, optimizer })
  const losses = byHand(x, (x, y) => step.sync(x, y).loss)
  step.dispose()
  return { losses, weights: net.weights.map(bits), prediction: bits(net.predictSync(x)) }
}

async function byFit(name: keyof typeof cases): Promise<Outcome> {
  const { net, x, optimizer } = prepare(name)
  net.compile({ optimizer, loss: 'meanSquaredError' })
  const { history } = await net.fit(x, y, { epochs, batchSize, shuffle: false, verbose: 0 })
  const prediction = bits(await net.predict(x, { batchSize: samples }))
  return { losses: history.loss as number[], weights: net.weights.map(bits), prediction }
}

describe('every layer trains and predicts compiled as eagerly, bit for bit', () => {
  it.each(Object.keys(cases) as (keyof typeof cases)[])('%s', async (name) => {
    const wanted = eagerly(name)
    expect(wanted.losses.every(Number.isFinite)).toBe(true)
    expect(wanted.losses[1]).not.toBe(wanted.losses[0])
    expect(await byFit(name), 'fit').toEqual(wanted)
    for (const isa of equalBits)
      for (const threads of [1, 2])
        onInstructionSet(isa, () =>
          withThreads(threads, () => expect(byStep(name), `${isa}, threads: ${threads}`).toEqual(wanted)),
        )
  })

  it('has a case for each', () => {
    expect(Object.keys(cases).sort()).toEqual(Object.keys(factoriesOf(layers)).sort())
  })
})

// Cost of the toolbox: a training step of 784 - 512 ReLU - batch normalization - 10 with dropout, max-norm, L2, clipping by the
// global norm and 1cycle, through fit, as a ratio to the same network without them and with optimizer fusion off.
import { setTimeout as sleep } from 'node:timers/promises'
import { library } from '../build.mjs'
import { timeEpochs } from '../epochs.mjs'
import { numbers } from '../measure.mjs'

const { constraints, layers, optimizers, regularizers, schedules, sequential, setSeed, tensor } = library

const batchSize = 32
const steps = 50
const epochs = 3

export async function* run({ quick }) {
  const samples = batchSize * steps
  const x = tensor(numbers(samples * 784), [samples, 784])
  const y = tensor(Int32Array.from({ length: samples }, (_, i) => i % 10))
  const rounds = quick ? 5 : 20
  const [plain, tooled] = [make(false), make(true, rounds * epochs * steps)]
  let [besideUs, us] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  for (let round = 0; round < rounds; round++) {
    besideUs = Math.min(besideUs, await withoutFusion(() => time(plain, x, y)))
    us = Math.min(us, await time(tooled, x, y))
    await sleep(5)
  }
  yield { case: 'toolbox', us, besideUs, goal: 1.15 }
}

/** No tool is in the update of the plain network: what the environment says holds for the plans that fit makes. */
async function withoutFusion(measure) {
  const before = process.env.MYELIN_FUSE_UPDATES
  process.env.MYELIN_FUSE_UPDATES = '0'
  try {
    return await measure()
  } finally {
    if (before === undefined) delete process.env.MYELIN_FUSE_UPDATES
    else process.env.MYELIN_FUSE_UPDATES = before
  }
}

/** Microseconds of a step, in the fastest of some epochs. */
async function time(model, x, y) {
  const { us } = await timeEpochs(model, x, y, { batchSize, epochs, shuffle: false }, steps)
  return Math.min(...us)
}

function make(tools, totalSteps) {
  setSeed(1)
  const kernel = tools ? { kernelRegularizer: regularizers.l2(1e-4), kernelConstraint: constraints.maxNorm() } : {}
  const model = sequential({
    layers: [
      layers.dense({ units: 512, activation: 'relu', inputShape: [784], ...kernel }),
      layers.batchNormalization(),
      ...(tools ? [layers.dropout({ rate: 0.3 })] : []),
      layers.dense({ units: 10, activation: 'softmax', ...kernel }),
    ],
  })
  const learningRate = tools ? schedules.oneCycle({ maxLearningRate: 1e-3, totalSteps }) : 1e-4
  const optimizer = optimizers.rmsprop({ learningRate, ...(tools ? { globalClipNorm: 1 } : {}) })
  model.compile({ optimizer, loss: 'sparseCategoricalCrossentropy' })
  return model
}

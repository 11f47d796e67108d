// Vanishing numbers, beside ordinary ones: whether a processor that is slow with subnormals is slow with us.
import { library } from '../build.mjs'
import { timeEpochs } from '../epochs.mjs'
import { fastestOfEach } from '../measure.mjs'
import { mlpNetwork } from '../network.mjs'

const { compileStep, datasets, initializers, layers, losses, matmul, optimizers } = library
const { randomNormal, runtime, sequential, setSeed, tidy } = library

/** Also measured with subnormals kept. */
export const variants = { 'myelin keep': { MYELIN_SUBNORMALS: 'keep' } }

const depth = 30
const width = 64
const batchSize = 32

export async function* run(settings) {
  setSeed(1)
  // Numbers that are kept are there to compare with, and have no goal.
  const { subnormals } = runtime.info()
  const goal = (most) => (subnormals === 'flush' ? { subnormals, goal: most } : { subnormals })

  const vanishing = deepStep('sigmoid', initializers.randomNormal({ stddev: 0.01 }))
  const ordinary = deepStep('relu', 'heNormal')
  yield { case: 'subnormal step', ...beside([vanishing, ordinary], settings), ...goal(1.3) }

  yield { case: 'subnormal gemm 784x512x32', ...beside([product(1e-30), product(1)], settings), ...goal(1.1) }

  yield { case: 'subnormal mlp epoch 3', ...(await epochs(settings)), ...goal(1.05) }
}

function beside(functions, settings) {
  const [us, besideUs] = fastestOfEach(functions, settings)
  return { us, besideUs }
}

/** A training step of 30 dense layers; with sigmoid and such small weights gradients shrink to a 50th at each. */
function deepStep(activation, kernelInitializer) {
  const dense = () => layers.dense({ units: width, activation, kernelInitializer })
  const model = sequential({
    layers: [layers.flatten({ inputShape: [width] }), ...Array.from({ length: depth }, dense)],
  })
  const x = randomNormal([batchSize, width])
  const y = randomNormal([batchSize, width])
  // The rate is such that the weights stay as they are.
  const step = compileStep((x, y) => losses.meanSquaredError(y, model.call(x, { training: true })).mean(), {
    parameters: model.trainableWeights,
    optimizer: optimizers.sgd({ learningRate: 1e-12 }),
  })
  return () => void step.sync(x, y)
}

/** xᵀ·dy of a dense layer, of operands of some size. */
function product(size) {
  const x = randomNormal([32, 784], { stddev: size })
  const dy = randomNormal([32, 512], { stddev: size })
  return () => void tidy(() => void matmul(x, dy, { transposeA: true }))
}

/** A step in the third epoch of `mlp`, beside one in the first: as samples are learned, gradients vanish. */
async function epochs({ quick }) {
  const { train } = await datasets.mnist()
  const best = { us: Number.POSITIVE_INFINITY, besideUs: Number.POSITIVE_INFINITY }
  for (let repetition = 0; repetition < 2; repetition++) {
    const steps = quick ? 100 : 1875
    const { us } = await timeEpochs(mlpNetwork(), train.x, train.y, { epochs: 3 }, steps)
    best.us = Math.min(best.us, us[2])
    best.besideUs = Math.min(best.besideUs, us[0])
  }
  return best
}

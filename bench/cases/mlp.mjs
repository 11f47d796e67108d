// One training step of 784 - 512 ReLU - batch normalization - 10 with RMSprop on MNIST, through fit.
import { library } from '../build.mjs'
import { timeEpochs } from '../epochs.mjs'
import { mlpNetwork } from '../network.mjs'
import { start as read } from '../peers/start.mjs'
import { mlpStart } from '../start-values.mjs'

const { datasets, gather, setSeed, tensor } = library

/** Everybody begins with the same weights and sees the same samples in the same order; so the losses can be compared. */
export const start = mlpStart

export async function* run({ quick }) {
  setSeed(1)
  const { train } = await datasets.mnist()
  const order = tensor(new Int32Array(read('order.i32')))
  const [x, y] = [gather(train.x, order), gather(train.y, order)]
  const kernels = ['w1.f32', 'w2.f32'].map((name) => (shape) => tensor(new Float32Array(read(name)), shape))
  for (const batchSize of [32, 256]) {
    // One pass, in which everybody reports the mean loss; the time is that of the fastest of several.
    const steps = quick ? 100 : Math.floor(60_000 / batchSize)
    const options = { batchSize, epochs: quick ? 3 : 6, shuffle: false }
    const { us, loss } = await timeEpochs(mlpNetwork(kernels), x, y, options, steps)
    yield { case: `mlp b${batchSize}`, us: Math.min(...us), loss: loss[0] }
  }
}

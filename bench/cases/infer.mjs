// The lecture's network with batch normalization in inference: 784 - BN - 300 ELU - BN - 100 ELU - BN - 10 softmax.
import { library } from '../build.mjs'
import { start as read } from '../peers/start.mjs'

const { concat, layers, randomNormal, sequential, setSeed, slice, tensor } = library

const batches = [1, 32, 1024, 10_000]

/** All have these weights, so that the outputs can be compared. */
export function start() {
  setSeed(1)
  return {
    'weights.f32': concat(
      network()
        .getWeights()
        .map((weight) => weight.flatten()),
    ).data(),
    'x.f32': randomNormal([Math.max(...batches), 784]).data(),
  }
}

export function* run({ quick }) {
  const model = network()
  const weights = new Float32Array(read('weights.f32'))
  let taken = 0
  const mine = model.getWeights().map(({ shape, size }) => {
    taken += size
    return tensor(weights.subarray(taken - size, taken), shape)
  })
  model.setWeights(mine)
  const inputs = tensor(new Float32Array(read('x.f32')), [Math.max(...batches), 784])
  for (const batch of batches) {
    const x = slice(inputs, [0, 0], [batch, 784])
    const calls = Math.max(3, Math.floor((quick ? 4000 : 20_000) / batch))
    let best = Number.POSITIVE_INFINITY
    for (let repetition = 0; repetition < 7; repetition++) {
      const start = performance.now()
      for (let i = 0; i < calls; i++) model.predictSync(x).dispose()
      best = Math.min(best, (performance.now() - start) / calls)
    }
    const first = Array.from(model.predictSync(x).data().subarray(0, 10))
    x.dispose()
    yield { case: `infer b${batch}`, us: best * 1000, first }
  }
}

function network() {
  const elu = (units) => layers.dense({ units, activation: 'elu', kernelInitializer: 'heNormal' })
  return sequential({
    layers: [
      layers.batchNormalization({ inputShape: [784] }),
      elu(300),
      layers.batchNormalization(),
      elu(100),
      layers.batchNormalization(),
      layers.dense({ units: 10, activation: 'softmax' }),
    ],
  })
}

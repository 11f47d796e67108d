// The lecture's network with batch normalization in inference: 784 - BN - 300 ELU - BN - 100 ELU - BN - 10 softmax.
import { concat, layers, randomNormal, sequential, setSeed, slice } from '../../dist/index.js'
import { peerRowsFrom } from '../start-values.mjs'

export const batches = [1, 32, 1024, 10_000]

export async function* run(settings) {
  setSeed(1)
  const elu = (units) => layers.dense({ units, activation: 'elu', kernelInitializer: 'heNormal' })
  const model = sequential({
    layers: [
      layers.batchNormalization({ inputShape: [784] }),
      elu(300),
      layers.batchNormalization(),
      elu(100),
      layers.batchNormalization(),
      layers.dense({ units: 10, activation: 'softmax' }),
    ],
  })
  const own = new Map()
  const inputs = randomNormal([Math.max(...batches), 784])
  for (const batch of batches) {
    const x = slice(inputs, [0, 0], [batch, 784])
    const calls = Math.max(3, Math.floor((settings.quick ? 4000 : 20_000) / batch))
    let best = Number.POSITIVE_INFINITY
    for (let repetition = 0; repetition < 7; repetition++) {
      const start = performance.now()
      for (let i = 0; i < calls; i++) model.predictSync(x).dispose()
      best = Math.min(best, (performance.now() - start) / calls)
    }
    x.dispose()
    const row = { case: `infer b${batch}`, impl: 'myelin', us: best * 1000 }
    own.set(row.case, row)
    yield row
  }
  const expected = model.predictSync(slice(inputs, [0, 0], [1, 784])).data()
  const start = {
    'weights.f32': concat(model.getWeights().map((weight) => weight.flatten())).data(),
    'x.f32': inputs.data(),
  }
  for await (const { first, ...row } of peerRowsFrom(start, 'infer', settings)) {
    const mine = own.get(row.case)
    const parity = first && { parity: first.every((value, i) => Math.abs(value - expected[i]) < 1e-4) }
    yield { ...row, ...parity, ...(mine && row.us !== undefined && { ratio: mine.us / row.us }) }
  }
}

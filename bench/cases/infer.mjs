// The lecture's network with batch normalization in inference: 784 - BN - 300 ELU - BN - 100 ELU - BN - 10 softmax.
import { layers, randomNormal, sequential } from '../../dist/index.js'
import { peerRows } from '../peers.mjs'

export const batches = [1, 32, 1024, 10_000]

export async function* run(settings) {
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
  for (const batch of batches) {
    const x = randomNormal([batch, 784])
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
  for await (const row of peerRows('infer', settings)) {
    const mine = own.get(row.case)
    yield { ...row, ...(mine && row.us !== undefined && { ratio: mine.us / row.us }) }
  }
}

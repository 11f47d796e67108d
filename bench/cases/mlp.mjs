// One training step of 784 - 512 ReLU - batch normalization - 10 with RMSprop on MNIST, through fit.
import { datasets, gather, setSeed, tensor } from '../../dist/index.js'
import { mlpNetwork } from '../network.mjs'
import { mlpStart, peerRowsFrom } from '../start-values.mjs'

/** Everybody begins with the same weights and sees the same samples in the same order; so the losses can be compared. */
export async function* run(settings) {
  setSeed(1)
  const { train, test } = await datasets.mnist()
  const start = mlpStart()
  const own = new Map()
  for (const batchSize of [32, 256]) {
    const row = await measure(train, start, batchSize, settings)
    own.set(row.case, row)
    yield row
  }
  for (const tensor of [train.x, train.y, test.x, test.y]) tensor.dispose()

  for await (const row of peerRowsFrom(start, 'mlp', settings)) {
    const mine = own.get(row.case)
    const parity = mine && row.loss !== undefined ? { parity: Math.abs(row.loss / mine.loss - 1) < 0.02 } : {}
    const ratio = mine && row.us !== undefined ? { ratio: mine.us / row.us } : {}
    yield { ...row, ...parity, ...ratio }
  }
}

async function measure(train, start, batchSize, { quick }) {
  const model = mlpNetwork(['w1.f32', 'w2.f32'].map((name) => (shape) => tensor(start[name], shape)))
  const rows = tensor(start['order.i32'])
  const x = gather(train.x, rows)
  const y = gather(train.y, rows)
  // One pass, in which everybody reports the mean loss; the time is that of the fastest of several.
  const steps = quick ? 100 : Math.floor(60_000 / batchSize)
  let begun = 0
  let best = Number.POSITIVE_INFINITY
  const { history } = await model.fit(x, y, {
    batchSize,
    epochs: quick ? 3 : 6,
    stepsPerEpoch: steps,
    shuffle: false,
    verbose: 0,
    callbacks: {
      onEpochBegin: () => {
        begun = performance.now()
      },
      onEpochEnd: () => {
        best = Math.min(best, performance.now() - begun)
      },
    },
  })
  for (const data of [rows, x, y]) data.dispose()
  return { case: `mlp b${batchSize}`, impl: 'myelin', us: (best * 1000) / steps, loss: history.loss[0] }
}

// One training step of 784 - 512 ReLU - batch normalization - 10 with RMSprop on MNIST, through fit.
import { datasets, layers, optimizers, sequential, setSeed } from '../../dist/index.js'
import { peerRows } from '../peers.mjs'

export async function* run(settings) {
  const { train, test } = await datasets.mnist()
  const own = []
  for (const batchSize of [32, 256]) {
    const row = await measure(train, batchSize, settings)
    own.push(row)
    yield row
  }
  for (const tensor of [train.x, train.y, test.x, test.y]) tensor.dispose()
  for await (const row of peerRows('mlp', settings)) {
    const mine = own.find((other) => other.case === row.case)
    // Other weights and another order of the samples: the mean loss of the first steps differs by a few percent.
    const parity = mine && row.loss !== undefined ? { parity: Math.abs(row.loss / mine.loss - 1) < 0.08 } : {}
    const ratio = mine && row.us !== undefined ? { ratio: mine.us / row.us } : {}
    yield { ...row, ...parity, ...ratio }
  }
}

/** Steps of an epoch and epochs; every implementation reports the mean loss of the first epoch. */
export function plan({ quick }) {
  return quick ? { steps: 100, epochs: 3 } : { steps: 375, epochs: 8 }
}

async function measure(train, batchSize, settings) {
  setSeed(1)
  const { steps, epochs } = plan(settings)
  const kernelInitializer = 'glorotUniform'
  const model = sequential({
    layers: [
      layers.flatten({ inputShape: [28, 28] }),
      layers.rescaling({ scale: 1 / 255 }),
      layers.dense({ units: 512, activation: 'relu', kernelInitializer }),
      layers.batchNormalization(),
      layers.dense({ units: 10, activation: 'softmax', kernelInitializer }),
    ],
  })
  const optimizer = optimizers.rmsprop({ learningRate: 1e-4 })
  model.compile({ optimizer, loss: 'sparseCategoricalCrossentropy', metrics: [] })
  let start = 0
  let best = Number.POSITIVE_INFINITY
  const { history } = await model.fit(train.x, train.y, {
    batchSize,
    epochs,
    stepsPerEpoch: steps,
    verbose: 0,
    callbacks: {
      onEpochBegin: () => {
        start = performance.now()
      },
      onEpochEnd: () => {
        best = Math.min(best, performance.now() - start)
      },
    },
  })
  return { case: `mlp b${batchSize}`, impl: 'myelin', us: (best * 1000) / steps, loss: history.loss[0] }
}

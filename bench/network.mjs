import { library } from './build.mjs'
import { numbers } from './measure.mjs'

const { compileStep, layers, losses, optimizers, sequential, tensor } = library

/**
 * The network of `mlp`, 784 - 512 ReLU - batch normalization - 10, compiled with RMSprop.
 * @param kernels initializers of the two dense layers; default Glorot uniform
 */
export function mlpNetwork([first, last] = ['glorotUniform', 'glorotUniform']) {
  const model = sequential({
    layers: [
      layers.flatten({ inputShape: [28, 28] }),
      layers.rescaling({ scale: 1 / 255 }),
      layers.dense({ units: 512, activation: 'relu', kernelInitializer: first }),
      layers.batchNormalization(),
      layers.dense({ units: 10, activation: 'softmax', kernelInitializer: last }),
    ],
  })
  model.compile({ optimizer: optimizers.rmsprop({ learningRate: 1e-4 }), loss: 'sparseCategoricalCrossentropy' })
  return model
}

/** A training step of that network on this thread, over and over on one batch, and what compileStep gave for it. */
export function mlpStep(batchSize) {
  const model = mlpNetwork()
  const x = tensor(
    numbers(batchSize * 784).map((v) => 255 * v),
    [batchSize, 28, 28],
  )
  const y = tensor(Int32Array.from({ length: batchSize }, (_, i) => i % 10))
  const step = compileStep(
    (x, y) => losses.sparseCategoricalCrossentropy(y, model.call(x, { training: true })).mean(),
    {
      parameters: model.trainableWeights,
      optimizer: optimizers.rmsprop({ learningRate: 1e-4 }),
    },
  )
  return { run: () => void step.sync(x, y), step, batch: [x, y] }
}

import { layers, optimizers, sequential } from '../dist/index.js'

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

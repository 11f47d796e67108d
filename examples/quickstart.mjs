import { datasets, layers, sequential } from 'myelin'

const { train, test } = await datasets.mnist()

const model = sequential({
  layers: [
    layers.flatten({ inputShape: [28, 28] }),
    layers.rescaling({ scale: 1 / 255 }),
    layers.dense({ units: 128, activation: 'elu', kernelInitializer: 'heNormal' }),
    layers.batchNormalization(),
    layers.dense({ units: 10, activation: 'softmax' }),
  ],
})
model.summary()
model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] })
await model.fit(train.x, train.y, { epochs: 3, validationSplit: 0.1 })
console.log(await model.evaluate(test.x, test.y))

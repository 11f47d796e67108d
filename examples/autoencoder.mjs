// An autoencoder on MNIST: trained without labels to restore its input from 32 numbers, a twenty-fourth of the pixels.
import { datasets, layers, sequential, setSeed } from 'myelin'

setSeed(1)
const { train, test } = await datasets.mnist()
const pixels = train.x.reshape([60000, 784]).cast('float32').div(255)

const autoencoder = sequential({
  layers: [
    layers.dense({ units: 128, activation: 'elu', kernelInitializer: 'heNormal', inputShape: [784] }),
    layers.dense({ units: 32, activation: 'elu', kernelInitializer: 'heNormal' }),
    layers.dense({ units: 128, activation: 'elu', kernelInitializer: 'heNormal' }),
    layers.dense({ units: 784, activation: 'sigmoid' }),
  ],
})
autoencoder.compile({ optimizer: 'adam', loss: 'binaryCrossentropy' })
await autoencoder.fit(pixels, pixels, { epochs: 2, batchSize: 128, verbose: 2 })

const original = pixels.slice([0, 0], [3, 784])
const restored = autoencoder.predictSync(original)
console.log('\nThree images, and what 32 numbers keep of each')
for (const picture of [original, restored]) {
  const values = picture.data()
  for (let row = 4; row < 26; row += 2)
    console.log(
      [0, 1, 2]
        .map((i) =>
          Array.from(
            { length: 28 },
            (_, x) => ' .+#'[Math.min(3, Math.floor(values[i * 784 + row * 28 + x] * 4))],
          ).join(''),
        )
        .join('  '),
    )
}

const testPixels = test.x.reshape([10000, 784]).cast('float32').div(255)
const decoded = await autoencoder.predict(testPixels, { batchSize: 500 })
const error = (guess) => guess.sub(testPixels).square().mean().item().toFixed(4)
console.log('\nMean squared error on the 10 000 test images')
console.log(`the mean image, whatever the digit   ${error(pixels.mean(0))}`)
console.log(`restored from 32 numbers             ${error(decoded)}`)

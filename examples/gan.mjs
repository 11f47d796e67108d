// A generative adversarial network on MNIST (Goodfellow et al. 2014) in a loop of one's own: one compiled step trains the critic to tell
// digits from forgeries, another the forger to deceive it. A classifier that knows real digits judges the forgeries, which it
// had no part in: how many look like a digit, and how many of the ten there are.
import {
  compileStep,
  datasets,
  layers,
  losses,
  ones,
  optimizers,
  randomNormal,
  sequential,
  setSeed,
  tensor,
  tidy,
  zeros,
} from 'myelin'

setSeed(1)
const { train, test } = await datasets.mnist()
const [batch, noise, steps] = [64, 64, 3000]
const pixels = (x) => x.reshape([-1, 784]).cast('float32').div(255)

const judge = sequential({
  layers: [
    layers.dense({ units: 128, activation: 'relu', inputShape: [784] }),
    layers.dense({ units: 10, activation: 'softmax' }),
  ],
})
judge.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] })
const images = pixels(train.x)
await judge.fit(images, train.y, { epochs: 2, batchSize: 64, verbose: 0 })
const testImages = pixels(test.x)
const { accuracy } = await judge.evaluate(testImages, test.y, { batchSize: 500 })
const sureOfReal = (await judge.predict(testImages, { batchSize: 500 })).max(1).greater(0.9).mean().item()
console.log(
  `The judge on real test digits: accuracy ${accuracy.toFixed(4)}, sure of ${(100 * sureOfReal).toFixed(1)} %\n`,
)

const hidden = (units) => layers.dense({ units, activation: 'leakyRelu', kernelInitializer: 'heNormal' })
const forger = sequential({
  layers: [
    layers.input({ shape: [noise] }),
    hidden(128),
    layers.batchNormalization({ momentum: 0.9 }),
    hidden(256),
    layers.batchNormalization({ momentum: 0.9 }),
    layers.dense({ units: 784, activation: 'sigmoid' }),
  ],
})
const critic = sequential({
  layers: [
    layers.input({ shape: [784] }),
    hidden(256),
    layers.dropout({ rate: 0.3 }),
    hidden(128),
    layers.dropout({ rate: 0.3 }),
    layers.dense({ units: 1 }),
  ],
})

const [real, forged] = [ones([batch, 1]), zeros([batch, 1])]
const training = { training: true }
const judged = (truth, x, options) =>
  losses.binaryCrossentropy(truth, critic.call(x, training), { fromLogits: true, ...options })
const adam = () => optimizers.adam({ learningRate: 5e-4, beta1: 0.5 })

const criticStep = compileStep(
  (x, z) => judged(real, x, { labelSmoothing: 0.1 }).add(judged(forged, forger.call(z, training).detach())),
  { parameters: critic.trainableWeights, optimizer: adam() },
)
const forgerStep = compileStep((z) => judged(real, forger.call(z, training)), {
  parameters: forger.trainableWeights,
  optimizer: adam(),
})

const fixed = randomNormal([1000, noise], { seed: 7 })

/** The judge's opinion of a thousand forgeries. */
function report(step) {
  tidy(() => {
    const p = judge.predictSync(forger.predictSync(fixed))
    const [sure, digits] = [p.max(1).data(), p.argMax(1).data()]
    const counts = Array(10).fill(0)
    sure.forEach((value, i) => {
      if (value > 0.9) counts[digits[i]]++
    })
    const share = counts.reduce((sum, n) => sum + n, 0) / 10
    console.log(
      `${String(step).padStart(5)}   ${share.toFixed(1).padStart(9)} %   ${counts.map((n) => String(n).padStart(4)).join('')}`,
    )
  })
}

function draw(count) {
  tidy(() => {
    const values = forger.predictSync(fixed.slice([0, 0], [count, noise])).data()
    for (let row = 4; row < 26; row += 2)
      console.log(
        Array.from({ length: count }, (_, i) =>
          Array.from({ length: 28 }, (_, x) => ' .+#'[Math.min(3, Math.floor(values[i * 784 + row * 28 + x] * 4))])
            .join('')
            .slice(4, 25),
        ).join(' '),
      )
  })
}

console.log('                       of 1000 forgeries, sure (p > 0.9) to be a')
console.log(' step   sure digits      0   1   2   3   4   5   6   7   8   9')
report(0)
for (let step = 1; step <= steps; step++) {
  const [x, z] = tidy(() => {
    const rows = Int32Array.from({ length: batch }, (_, i) => ((step * batch + i) * 7919) % 60000)
    return [images.gather(tensor(rows)), randomNormal([batch, noise])]
  })
  await criticStep(x, z)
  await forgerStep(z)
  x.dispose()
  z.dispose()
  if (step % (steps / 6) === 0) report(step)
}
console.log('\nSix of them')
draw(6)

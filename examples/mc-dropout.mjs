// Monte Carlo dropout on MNIST: the network answers the same image many times, with dropout on. Where the answers spread, it is not sure;
// what it is least sure of is what it gets wrong most often.
import { datasets, layers, mcPredict, sequential, setSeed } from 'myelin'

setSeed(1)
const { train, test } = await datasets.mnist()
const model = sequential({
  layers: [
    layers.flatten({ inputShape: [28, 28] }),
    layers.rescaling({ scale: 1 / 255 }),
    layers.dense({ units: 128, activation: 'relu', kernelInitializer: 'heNormal' }),
    layers.dropout({ rate: 0.5 }),
    layers.dense({ units: 10, activation: 'softmax' }),
  ],
})
model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] })
await model.fit(train.x, train.y, { epochs: 2, batchSize: 64, verbose: 2 })

const count = 2000
const images = test.x.slice([0, 0, 0], [count, 28, 28])
const labels = test.y.data()
const { mean, stddev, entropy } = await mcPredict(model, images, { samples: 50, batchSize: 100 })
const [means, spreads, entropies] = [mean.data(), stddev.data(), entropy.data()]
const answers = Array.from({ length: count }, (_, i) => {
  const probabilities = means.subarray(10 * i, 10 * i + 10)
  const digit = probabilities.indexOf(Math.max(...probabilities))
  return { i, digit, label: labels[i], p: probabilities[digit], spread: spreads[10 * i + digit], entropy: entropies[i] }
}).sort((a, b) => a.entropy - b.entropy)

console.log(`\n${count} test images by predictive entropy, 50 passes each`)
console.log('               entropy   spread   wrong')
const fifth = count / 5
for (let part = 0; part < 5; part++) {
  const group = answers.slice(part * fifth, (part + 1) * fifth)
  const average = (name) => (group.reduce((sum, answer) => sum + answer[name], 0) / fifth).toFixed(4)
  const wrong = group.filter(({ digit, label }) => digit !== label).length
  console.log(
    `fifth ${part + 1}        ${average('entropy')}   ${average('spread')}   ${((100 * wrong) / fifth).toFixed(2)} %`,
  )
}

const pixels = images.data()
for (const [title, answer] of [
  ['The clearest', answers[0]],
  ['The most ambiguous', answers[count - 1]],
]) {
  const { i, digit, label, p, spread } = answer
  console.log(`\n${title}: a ${label}, taken for a ${digit} with probability ${p.toFixed(3)} ± ${spread.toFixed(3)}`)
  for (let row = 2; row < 26; row += 2)
    console.log(Array.from({ length: 28 }, (_, x) => ' .+#'[pixels[i * 784 + row * 28 + x] >> 6]).join(''))
}

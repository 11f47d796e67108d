// Regression on a CSV file, read as a stream: a column of text is converted, the rows are shuffled in a buffer, batched, and read ahead of the
// training. The file is made here: prices of flats by a known formula with noise, so that the best possible error is known, too.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Dataset, layers, optimizers, randomNormal, randomUniform, sequential, setSeed } from 'myelin'

setSeed(1)
const folder = mkdtempSync(join(tmpdir(), 'myelin-regression-'))
try {
  const path = join(folder, 'flats.csv')
  const noise = 0.1
  writeFileSync(path, flats(4000, noise))

  const flatsOf = () =>
    Dataset.fromCsv(path, { target: 'price', converters: { balcony: (cell) => Number(cell === 'yes') } })
  const held = flatsOf().take(800).batch(200)
  const training = flatsOf().skip(800).shuffle(1000, { seed: 1 }).batch(32).prefetch(2)

  const model = sequential({
    layers: [
      layers.dense({ units: 32, activation: 'elu', kernelInitializer: 'heNormal', inputShape: [4] }),
      layers.dense({ units: 32, activation: 'elu', kernelInitializer: 'heNormal' }),
      layers.dense({ units: 1 }),
      layers.reshape({ targetShape: [] }),
    ],
  })
  model.compile({ optimizer: optimizers.adam({ learningRate: 3e-3 }), loss: 'meanSquaredError' })
  await model.fit(training, { epochs: 15, validationData: held, verbose: 2 })

  const { loss } = await model.evaluate(held)
  console.log(
    `\nroot mean squared error on 800 held-out flats: ${Math.sqrt(loss).toFixed(4)} (the noise alone: ${noise})`,
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** A CSV file: size in 100 m², rooms, age in centuries, balcony; price in 100 000. */
function flats(n, noise) {
  const [size, age, choice] = [
    [0.3, 1.5],
    [0, 1],
    [0, 1],
  ].map(([min, max]) => randomUniform([n], { min, max }).data())
  const error = randomNormal([n], { stddev: noise }).data()
  const rows = Array.from({ length: n }, (_, i) => {
    const rooms = 1 + Math.floor(3 * size[i] * choice[i])
    const balcony = choice[i] > 0.5
    const price = 3 * size[i] * (1 - 0.6 * age[i]) + 0.2 * rooms + (balcony ? 0.3 : 0) + error[i]
    return [size[i].toFixed(3), rooms, age[i].toFixed(3), balcony ? 'yes' : 'no', price.toFixed(4)].join(',')
  })
  return ['size,rooms,age,balcony,price', ...rows, ''].join('\n')
}

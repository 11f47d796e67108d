// TensorFlow.js with its plain JavaScript back end; npm install --prefix bench installs it.
import * as tf from '@tensorflow/tfjs'
import { mnist } from './mnist.mjs'

const [name] = process.argv.slice(2)
const quick = process.argv.includes('--quick')
await tf.setBackend('cpu')
await { eager, mlp }[name]()

function print(row) {
  console.log(JSON.stringify({ threads: 1, ...row }))
}

function eager() {
  const a = tf.randomNormal([16])
  const b = tf.randomNormal([16])
  print({ case: 'eager add 16', us: fastest(() => tf.tidy(() => void a.add(b))) })
  const gradient = tf.grad((x) => x.mul(b).relu().sum())
  print({ case: 'eager mul-relu-sum-backward 16', us: fastest(() => tf.tidy(() => void gradient(a))) })
}

async function mlp() {
  const batch = 32
  const steps = quick ? 30 : 375
  const { x, y } = mnist(batch * steps)
  const model = tf.sequential()
  model.add(tf.layers.dense({ units: 512, activation: 'relu', inputShape: [784] }))
  model.add(tf.layers.batchNormalization())
  model.add(tf.layers.dense({ units: 10, activation: 'softmax' }))
  model.compile({ optimizer: tf.train.rmsprop(1e-4), loss: 'sparseCategoricalCrossentropy' })
  const start = performance.now()
  const data = [tf.tensor2d(x, [batch * steps, 784]), tf.tensor1d(Float32Array.from(y))]
  const { history } = await model.fit(...data, { epochs: 1, batchSize: batch, verbose: 0 })
  const us = ((performance.now() - start) * 1000) / steps
  print({ case: `mlp b${batch}`, us, ...(quick ? {} : { loss: history.loss[0] }) })
}

function fastest(f) {
  const calls = 500
  for (let i = 0; i < 10 * calls; i++) f()
  let best = Number.POSITIVE_INFINITY
  for (let i = 0; i < 20; i++) {
    const start = performance.now()
    for (let j = 0; j < calls; j++) f()
    best = Math.min(best, ((performance.now() - start) * 1000) / calls)
  }
  return best
}

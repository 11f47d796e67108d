// TensorFlow.js: tfjs.mjs cpu|wasm|node CASE [--quick]; prints rows as JSON lines.
import { createRequire } from 'node:module'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { kernels, samples } from './start.mjs'

const begun = performance.now()
const require = createRequire(import.meta.url)
const [backend, name] = process.argv.slice(2)
const quick = process.argv.includes('--quick')
const tf = require(backend === 'node' ? '@tensorflow/tfjs-node' : '@tensorflow/tfjs')
if (backend === 'wasm') require('@tensorflow/tfjs-backend-wasm')
if (backend !== 'node') await tf.setBackend(backend)
await tf.ready()
const threads = backend === 'node' ? Number(process.env.THREADS) : 1
await { eager, mlp, loop, start }[name]()

function print(row) {
  console.log(JSON.stringify({ threads, ...row }))
}

function start() {
  tf.tensor([1, 2, 3]).add(1).dataSync()
  print({ case: 'start', us: (performance.now() - begun) * 1000 })
}

function eager() {
  const a = tf.randomNormal([16])
  const b = tf.randomNormal([16])
  print({ case: 'eager add 16', us: fastest(() => tf.tidy(() => void a.add(b))) })
  const gradient = tf.grad((x) => x.mul(b).relu().sum())
  print({ case: 'eager mul-relu-sum-backward 16', us: fastest(() => tf.tidy(() => void gradient(a))) })
}

async function mlp() {
  for (const batch of backend === 'node' && !quick ? [32, 256] : [32]) {
    const steps = quick ? 100 : Math.floor(60_000 / batch)
    let best = Number.POSITIVE_INFINITY
    let loss
    const { fit } = training(batch, steps)
    for (let epoch = 0; epoch < (backend === 'node' ? 2 : 1); epoch++) {
      const begin = performance.now()
      const { history } = await fit()
      best = Math.min(best, performance.now() - begin)
      loss ??= history.loss[0]
    }
    print({ case: `mlp b${batch}`, us: (best * 1000) / steps, loss })
  }
}

async function loop() {
  const { fit } = training(32, quick ? 200 : 1000)
  await fit()
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  await fit()
  delay.disable()
  const ms = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - 1)
  print({ case: 'loop delay', p50Ms: ms(delay.percentile(50)), p99Ms: ms(delay.percentile(99)), maxMs: ms(delay.max) })
}

function training(batch, steps) {
  const { x, y } = samples(batch * steps)
  const model = tf.sequential()
  model.add(tf.layers.dense({ units: 512, activation: 'relu', inputShape: [784] }))
  model.add(tf.layers.batchNormalization())
  model.add(tf.layers.dense({ units: 10, activation: 'softmax' }))
  const [w1, w2] = kernels()
  model.layers[0].setWeights([tf.tensor2d(w1, [784, 512]), tf.zeros([512])])
  model.layers[2].setWeights([tf.tensor2d(w2, [512, 10]), tf.zeros([10])])
  model.compile({ optimizer: tf.train.rmsprop(1e-4), loss: 'sparseCategoricalCrossentropy' })
  const data = [tf.tensor2d(x, [batch * steps, 784]), tf.tensor1d(Float32Array.from(y))]
  return { fit: () => model.fit(...data, { epochs: 1, batchSize: batch, shuffle: false, verbose: 0 }) }
}

function fastest(f) {
  const calls = 500
  for (let i = 0; i < 10 * calls; i++) f()
  let best = Number.POSITIVE_INFINITY
  for (let i = 0; i < 20; i++) {
    const begin = performance.now()
    for (let j = 0; j < calls; j++) f()
    best = Math.min(best, ((performance.now() - begin) * 1000) / calls)
  }
  return best
}

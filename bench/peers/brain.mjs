// brain.js: 784 - 512 - 10 by its own trainer, the nearest it has to the mlp case: no batches, no batch normalization, no RMSprop
// and no cross-entropy. So it has no loss to compare; `us` is the time of 32 samples.
import { createRequire } from 'node:module'
import { samples } from './start.mjs'

const { NeuralNetwork } = createRequire(import.meta.url)('brain.js')
const n = process.argv.includes('--quick') ? 320 : 1920
const { x, y } = samples(n)
const data = Array.from({ length: n }, (_, i) => ({
  input: x.subarray(i * 784, (i + 1) * 784),
  output: Float32Array.from({ length: 10 }, (_, label) => Number(label === y[i])),
}))
const network = new NeuralNetwork({ hiddenLayers: [512], activation: 'relu', learningRate: 1e-4 })
network.train(data, { iterations: 1, errorThresh: 1e-9 })
const begin = performance.now()
network.train(data, { iterations: 1, errorThresh: 1e-9 })
const us = ((performance.now() - begin) * 1000 * 32) / n
console.log(JSON.stringify({ case: 'mlp b32', us, threads: 1, note: '32 samples one by one, no batch normalization' }))

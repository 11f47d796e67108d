import { gradients } from '../../lib/autodiff/backward.js'
import {
  assignMovingAverage,
  batchNormalization,
  dense,
  dropout,
  mean,
  sparseSoftmaxCrossEntropy,
} from '../../lib/ops/index.js'
import { optimizers } from '../../lib/optim/index.js'
import { randomNormal, tensor, zeros } from '../../lib/tensor/creation.js'
import { Parameter } from '../../lib/tensor/parameter.js'
import { setSeed } from '../../lib/tensor/random.js'
import { tidy } from '../../lib/tensor/scope.js'
import type { Tensor } from '../../lib/tensor/tensor.js'

/** FNV-1a over the bytes. */
function hashInto(h: number, data: ArrayBufferView): number {
  for (const byte of new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    h = Math.imul(h ^ byte, 0x01000193) >>> 0
  return h
}

/**
 * Trains 64–128 ReLU–batch normalization–dropout–10 softmax with Adam on random data, eagerly and from a seed.
 * @returns the loss of the last step and a hash of all weights
 */
export function trainSteps(steps: number, seed = 1): { loss: number; hash: string } {
  setSeed(seed)
  const [features, hidden, classes, batch] = [64, 128, 10, 256]
  const weight = (shape: number[]) => new Parameter(randomNormal(shape, { stddev: 0.1 }))
  const fixed = (shape: number[]) => new Parameter(zeros(shape), { trainable: false })
  const kernel1 = weight([features, hidden])
  const bias1 = weight([hidden])
  const gamma = weight([hidden])
  const beta = weight([hidden])
  const kernel2 = weight([hidden, classes])
  const bias2 = weight([classes])
  const trained = [kernel1, bias1, gamma, beta, kernel2, bias2]
  const running = [fixed([hidden]), fixed([hidden])] as const
  const optimizer = optimizers.adam({ learningRate: 0.01 })
  const x = randomNormal([batch, features])
  const y = tensor(Int32Array.from({ length: batch }, (_, i) => (i * 7) % classes))

  let last = 0
  for (let step = 0; step < steps; step++) {
    tidy(() => {
      const h = dense(x, kernel1, bias1, 'relu')
      const [normalized, mu, variance] = batchNormalization(h, gamma, beta)
      const kept = dropout(normalized, 0.3, { seed, stream: 16, call: step })
      const loss = mean(sparseSoftmaxCrossEntropy(dense(kept, kernel2, bias2), y))
      const found = gradients(loss, trained) as Tensor[]
      assignMovingAverage(running[0], mu, 0.99)
      assignMovingAverage(running[1], variance, 0.99)
      optimizer.update(trained, found)
      last = loss.item()
    })
  }
  const all = [...trained, ...running, x, y]
  const hash = all.reduce((h, t) => hashInto(h, t.data()), 0x811c9dc5)
  for (const t of all) t.dispose()
  optimizer.reset()
  return { loss: last, hash: hash.toString(16) }
}

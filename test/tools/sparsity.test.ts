import '../../lib/ops/index.js'
import { expect, it } from 'vitest'
import { sequential } from '../../lib/model/index.js'
import { runtime } from '../../lib/native/runtime.js'
import { layers, regularizers } from '../../lib/nn/index.js'
import type { Regularizer } from '../../lib/nn/regularizers/regularizer.js'
import { add, matmul } from '../../lib/ops/index.js'
import { sgd } from '../../lib/optim/rules/sgd.js'
import { tensor } from '../../lib/tensor/creation.js'
import { setSeed } from '../../lib/tensor/random.js'
import { sparsity } from '../../lib/tools/index.js'
import { failure } from '../helpers/failure.js'
import { signed } from '../helpers/random.js'

function model() {
  const made = sequential({
    layers: [
      layers.dense({ units: 2, name: 'a', inputShape: [2] }),
      layers.batchNormalization(),
      layers.dense({ units: 1, name: 'b' }),
    ],
  })
  const [, , gamma, beta, mean, variance] = made.getWeights()
  const kernel = tensor([
    [0, 0.1],
    [-0.1, 2],
  ])
  made.setWeights([kernel, tensor([0, 0.05]), gamma, beta, mean, variance, tensor([[0.2], [-3]]), tensor([0])] as never)
  return made
}

it('counts the zeros of the kernels', () => {
  expect(sparsity(model())).toEqual({
    weights: 6,
    zeros: 1,
    share: 1 / 6,
    layers: [
      { name: 'a', weights: 4, zeros: 1, share: 0.25 },
      { name: 'b', weights: 2, zeros: 0, share: 0 },
    ],
  })
})

it('counts what a threshold would clear, and clears it if told to', () => {
  const made = model()
  const before = made.getWeights().map((weight) => weight.data())
  const counted = sparsity(made, { threshold: 0.15 })
  expect(counted).toMatchObject({ zeros: 3, layers: [{ zeros: 3 }, { zeros: 0 }] })
  expect(made.getWeights().map((weight) => weight.data())).toEqual(before)
  const { tensors } = runtime.memory()
  expect(sparsity(made, { threshold: 0.15, apply: true })).toEqual(counted)
  expect(runtime.memory().tensors).toBe(tensors)
  expect(sparsity(made).zeros).toBe(3)
  expect(made.getWeights()[0]?.toArray()).toEqual([
    [0, 0],
    [0, 2],
  ])
  expect(made.getWeights()[1]?.data()).toEqual(before[1])
})

it('L1 finds the features that matter, and a threshold makes the rest exact zeros', async () => {
  // Three of forty features decide, beside much noise.
  const x = signed([400, 40])
  const truth = Float32Array.from({ length: 40 }, (_, i) => [1.5, -2, 1][i] ?? 0)
  const y = matmul(x, tensor(truth, [40, 1]))
  const train = async (kernelRegularizer: Regularizer | null) => {
    setSeed(3)
    const made = sequential({ layers: [layers.dense({ units: 1, kernelRegularizer, inputShape: [40] })] })
    made.compile({ optimizer: sgd({ learningRate: 0.02 }), loss: 'meanSquaredError', metrics: ['meanSquaredError'] })
    await made.fit(x, add(y, signed([400, 1], 9)), { epochs: 60, batchSize: 100, verbose: 0, seed: 1 })
    const { share } = sparsity(made, { threshold: 0.02, apply: true })
    expect(sparsity(made).share).toBe(share)
    return { share, error: (await made.evaluate(x, y)).meanSquaredError as number }
  }
  const [plain, sparse] = [await train(null), await train(regularizers.l1(0.4))]
  expect(plain.share).toBeLessThan(0.5)
  expect(sparse.share).toBe(37 / 40)
  expect(sparse.error).toBeLessThan(plain.error)
})

it('refuses wrong options', () => {
  for (const options of [{ threshold: -1 }, { threshold: Number.NaN }, { apply: 1 }, { treshold: 1 }, null])
    expect(failure(() => sparsity(model(), options as never)).code).toBe('ERR_ARGUMENT')
})

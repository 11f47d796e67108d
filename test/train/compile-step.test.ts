import { expect, it } from 'vitest'
import { sequential } from '../../lib/model/sequential.js'
import { layers, losses } from '../../lib/nn/index.js'
import { optimizers } from '../../lib/optim/index.js'
import { randomNormal } from '../../lib/tensor/creation.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { compileStep } from '../../lib/train/compile-step.js'

it('compileStep sees that a layer has been frozen or set free since the last step', async () => {
  const normalization = layers.batchNormalization({ inputShape: [3], momentum: 0.5 })
  const net = sequential({ layers: [normalization, layers.dense({ units: 1 })] })
  const [x, y] = [randomNormal([16, 3], { mean: 4, seed: 1 }), randomNormal([16, 1], { seed: 2 })]
  const step = compileStep((x: Tensor, y: Tensor) => losses.meanSquaredError(y, net.call(x, { training: true })), {
    parameters: net.layers[1]?.trainableWeights ?? [],
    optimizer: optimizers.sgd({ learningRate: 0 }),
  })
  const moving = (): number => normalization.weights[2]?.data()[0] ?? 0
  const normalized = (await step(x, y)).loss
  const before = moving()
  expect(before).not.toBe(0)
  normalization.trainable = false
  const frozen = (await step(x, y)).loss
  expect(moving()).toBe(before)
  expect(frozen).toBeCloseTo(losses.meanSquaredError(y, net.call(x)).item(), 5)
  expect(frozen).not.toBe(normalized)
  normalization.trainable = true
  expect((await step(x, y)).loss).toBe(normalized)
  expect(moving()).not.toBe(before)
  step.dispose()
})

import { describe, expect, it } from 'vitest'
import { sequential } from '../../lib/model/sequential.js'
import { runtime } from '../../lib/native/runtime.js'
import { layers, losses } from '../../lib/nn/index.js'
import type { Layer } from '../../lib/nn/layer.js'
import { optimizers } from '../../lib/optim/index.js'
import { ones, randomNormal, zeros } from '../../lib/tensor/creation.js'
import type { Parameter } from '../../lib/tensor/parameter.js'
import { setSeed } from '../../lib/tensor/random.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { terminateOnNaN } from '../../lib/train/callbacks/index.js'
import { compileStep } from '../../lib/train/compile-step.js'
import { TrainingLoop } from '../../lib/train/training-loop.js'
import { failure } from '../helpers/failure.js'
import { weightsOf } from './helpers.js'

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

describe('plans', () => {
  const normalizations = () => Array.from({ length: 4 }, () => layers.batchNormalization({ momentum: 0.5 }))
  const x = randomNormal([16, 3], { mean: 4, seed: 1 })

  /** A step on a network, and how often it has been traced. */
  function counted(...inner: readonly Layer[]) {
    setSeed(3)
    const model = sequential({ layers: [layers.dense({ units: 3, inputShape: [3] }), ...inner] })
    let traces = 0
    const step = compileStep(
      (x: Tensor) => {
        traces++
        return model.call(x, { training: true }).square().mean()
      },
      { parameters: model.trainableWeights, optimizer: optimizers.sgd({ learningRate: 0.01, momentum: 0.9 }) },
    )
    return { model, step, traces: () => traces }
  }

  it('are kept while layers are frozen and set free by turns', async () => {
    const [kept, fresh] = [counted(...normalizations()), counted(...normalizations())]
    for (let i = 0; i < 8; i++) {
      for (const { model } of [kept, fresh]) model.trainable = i % 2 === 0
      fresh.step.dispose()
      expect(await kept.step(x)).toEqual(await fresh.step(x))
    }
    expect(weightsOf(kept.model)).toEqual(weightsOf(fresh.model))
    expect([kept.traces(), fresh.traces()]).toEqual([2, 8])
  })

  it('depend on those layers alone that ask, and on the parameters', () => {
    const { model, step, traces } = counted(layers.dense({ units: 1 }))
    const other = layers.batchNormalization()
    for (let i = 0; i < 4; i++) {
      model.trainable = other.trainable = i % 2 === 1
      step.sync(x)
    }
    expect(traces()).toBe(1)
    const [kernel] = model.weights as [Parameter]
    const before = weightsOf(model)
    kernel.trainable = false
    step.sync(x)
    expect(traces()).toBe(2)
    expect(weightsOf(model)[0]).toEqual(before[0])
    expect(weightsOf(model)[1]).not.toEqual(before[1])
    kernel.trainable = true
    step.sync(x)
    expect(traces()).toBe(2)
    expect(weightsOf(model)[0]).not.toEqual(before[0])
  })

  it('are the four used last for inputs of one kind', () => {
    const inner = normalizations()
    const { step, traces } = counted(...inner)
    const freeze = (count: number): void => {
      for (const [i, layer] of inner.entries()) layer.trainable = i >= count
      step.sync(x)
    }
    for (const count of [3, 2, 1, 0, 1, 2, 3]) freeze(count)
    expect(traces()).toBe(4)
    const bytes = [0, 1, 2].map(() => {
      for (const count of [4, 0, 1, 2, 3]) freeze(count)
      return runtime.memory().bytes
    })
    expect(traces()).toBe(4 + 15)
    expect(new Set(bytes).size).toBe(1)
  })

  it('are made anew when a layer was added', () => {
    const { model, step, traces } = counted()
    const loss = step.sync(x).loss
    model.add(layers.rescaling({ scale: 2 }))
    expect(step.sync(x).loss).not.toBeCloseTo(loss, 1)
    expect(traces()).toBe(2)
  })
})

describe('mustBeFinite', () => {
  const batches = Array.from({ length: 4 }, (_, i) => randomNormal([8, 3], { seed: i + 1 }))
  const y = zeros([8, 1])
  const poisoned = randomNormal([8, 3], { seed: 9 }).div(zeros([3]))

  /** A network that draws, has running statistics, and an optimizer with a state; the same at each call. */
  function network(mustBeFinite?: boolean) {
    setSeed(4)
    const model = sequential({
      layers: [
        layers.dense({ units: 6, activation: 'tanh', inputShape: [3], kernelRegularizer: 'l2' }),
        layers.batchNormalization(),
        layers.dropout({ rate: 0.3 }),
        layers.dropout({ rate: 0.3, seed: 5 }),
        layers.dense({ units: 1 }),
      ],
    })
    const optimizer = optimizers.adam({ learningRate: 0.1, globalClipNorm: 1 })
    const step = compileStep(
      (x: Tensor, y: Tensor) =>
        losses.meanSquaredError(y, model.call(x, { training: true })).add(model.regularizationLoss()),
      { parameters: model.trainableWeights, optimizer, mustBeFinite },
    )
    return { model, optimizer, step }
  }

  it('leaves a step whose loss is not finite undone, with its draws', async () => {
    const plain = network()
    const wanted: unknown[] = []
    for (const x of batches) wanted.push([(await plain.step(x, y)).loss, weightsOf(plain.model)])
    // Beginning anew, with the same draws.
    const { model, optimizer, step } = network(true)
    for (const [i, x] of batches.entries()) {
      const { loss } = await step(x, y)
      expect(await step(poisoned, y)).toEqual({ loss: Number.NaN })
      expect(step.sync(poisoned, y)).toEqual({ loss: Number.NaN })
      expect([loss, weightsOf(model)]).toEqual(wanted[i])
    }
    expect(optimizer.iterations).toBe(batches.length)
    await plain.step(poisoned, y)
    expect(weightsOf(plain.model).flat().some(Number.isNaN)).toBe(true)
  })

  it('holds for an infinite loss, and a loss that is a view', () => {
    const { model, optimizer } = network()
    const step = compileStep((x: Tensor) => model.call(x).sum().mul(x.max().square()).reshape([1, 1]), {
      parameters: model.trainableWeights,
      optimizer,
      mustBeFinite: true,
    })
    const before = weightsOf(model)
    expect(Math.abs(step.sync(ones([1, 3]).mul(3e38)).loss)).toBe(Number.POSITIVE_INFINITY)
    expect(weightsOf(model)).toEqual(before)
    expect(step.sync(ones([1, 3])).loss).not.toBe(0)
    expect(weightsOf(model)).not.toEqual(before)
  })

  it('is what terminateOnNaN does to fit, in a TrainingLoop', async () => {
    const reference = network()
    await reference.step(batches[0] as Tensor, y)
    const { model, optimizer, step } = network(true)
    const loop = new TrainingLoop({ model, optimizer, callbacks: terminateOnNaN() })
    const history = await loop.run(async () => {
      const done: number[] = []
      for (const [i, x] of [batches[0] as Tensor, poisoned, batches[1] as Tensor].entries()) {
        done.push((await loop.batch(i, () => step(x, y))).loss)
        if (loop.stopped) break
      }
      expect(done).toEqual([expect.any(Number), Number.NaN])
      return { loss: 0 }
    })
    expect(history).toEqual({ epoch: [], history: {}, stopped: 'notFinite' })
    expect(weightsOf(model)).toEqual(weightsOf(reference.model))
  })

  it('must be a flag', () => {
    expect(failure(() => network(1 as never))).toEqual({
      code: 'ERR_ARGUMENT',
      message: expect.stringContaining('mustBeFinite'),
    })
  })
})

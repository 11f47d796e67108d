import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { type Sequential, sequential } from '../../lib/model/index.js'
import { native } from '../../lib/native/binding.js'
import { layers } from '../../lib/nn/index.js'
import { sum } from '../../lib/ops/index.js'
import { optimizers } from '../../lib/optim/index.js'
import type { Optimizer } from '../../lib/optim/optimizer.js'
import { full, ones, zeros } from '../../lib/tensor/creation.js'
import type { Parameter } from '../../lib/tensor/parameter.js'
import { setSeed } from '../../lib/tensor/random.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { bits } from '../graph/equality.js'
import { labels, signed } from '../helpers/random.js'
import { settle } from '../helpers/settle.js'

const quiet = { verbose: 0, shuffle: false } as const

/** A network whose steps take some tenths of a millisecond, and data for hundreds of them. */
function network(optimizer: Optimizer = optimizers.sgd({ learningRate: 0.01 })): Sequential {
  setSeed(3)
  const model = sequential({
    layers: [
      layers.dense({ units: 256, activation: 'relu', inputShape: [200] }),
      layers.batchNormalization(),
      layers.dense({ units: 10, activation: 'softmax' }),
    ],
  })
  model.compile({ optimizer, loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] })
  return model
}

const n = 6400
const [x, y] = [signed([n, 200]), labels(n, 10)]
const weightsOf = (model: Sequential): string[] => model.weights.map(bits)

/** Until something holds; what holds never fails the test by its time limit. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(1)
}

/** A fit whose only epoch never ends by itself, so that no test depends on how long one takes. */
function endless(model: Sequential, ...data: [] | [Tensor, Tensor]) {
  const controller = new AbortController()
  const [inputs, targets] = data.length === 0 ? [x, y] : data
  const options = { ...quiet, stepsPerEpoch: 1_000_000, signal: controller.signal }
  return { running: model.fit(inputs, targets, options), stop: () => controller.abort() }
}

/**
 * A network of one layer whose kernel [1, width] and bias [width] are the same after each whole step: both begin at 0 and have the same
 * gradient. It takes milliseconds to write them.
 */
function twins(width = 300_000): { model: Sequential; x: Tensor; y: Tensor } {
  const model = sequential({
    layers: [layers.dense({ units: width, inputShape: [1], kernelInitializer: 'zeros', biasInitializer: 'zeros' })],
  })
  model.compile({ optimizer: optimizers.sgd({ learningRate: 1 }), loss: (_, p) => sum(p) })
  return { model, x: ones([200, 1]), y: zeros([200]) }
}

// First, while there is nothing for the collector to free that could hide a leak.
it('nothing is left behind, however a run ends', async () => {
  const model = network(optimizers.adam())
  const batch = [signed([8, 200], 1), labels(8, 10)] as const
  const wrongLabels = y.add(5)
  const run = async (): Promise<void> => {
    await model.fit(x, y, { ...quiet, validationSplit: 0.1 })
    const { running, stop } = endless(model)
    await sleep(5)
    stop()
    await running
    await model.fit([batch], undefined, quiet)
    const onBatchEnd = (): void => {
      throw new RangeError('no')
    }
    await expect(model.fit(x, y, { ...quiet, callbacks: { onBatchEnd } })).rejects.toThrow(RangeError)
    await expect(model.fit(x, wrongLabels, quiet)).rejects.toMatchObject({ code: 'ERR_ARGUMENT' })
    await model.evaluate(x, y)
    for (const output of [await model.predict(x), model.predictSync(x)]) output.dispose()
  }
  await run()
  await settle()
  const { tensors, bytes } = native.memory()
  for (let i = 0; i < 3; i++) await run()
  const after = native.memory()
  expect(after.tensors).toBeLessThanOrEqual(tensors)
  expect(after.bytes).toBeLessThanOrEqual(bytes)
})

describe('jobs', () => {
  it('of two models share the machine', async () => {
    const time = async (models: readonly Sequential[]): Promise<number> => {
      const began = performance.now()
      await Promise.all(models.map((model) => model.fit(x, y, quiet)))
      return performance.now() - began
    }
    const [a, b] = [network(), network()]
    await time([a, b])
    let ratio = Number.POSITIVE_INFINITY
    for (let attempt = 0; attempt < 8 && ratio > 2.3; attempt++) {
      const alone = Math.min(await time([a]), await time([b]), await time([a]))
      const both = Math.min(await time([a, b]), await time([a, b]), await time([a, b]))
      ratio = Math.min(ratio, both / alone)
    }
    expect(ratio).toBeLessThanOrEqual(2.3)
  })

  it('of two models end with the weights that each has alone', async () => {
    const [a, b, alone] = [network(), network(), network()]
    await Promise.all([a, b].map((model) => model.fit(x, y, quiet)))
    await alone.fit(x, y, quiet)
    expect(weightsOf(a)).toEqual(weightsOf(alone))
    expect(weightsOf(b)).toEqual(weightsOf(alone))
  })

  it('refuse a second fit and other weights on the same model', async () => {
    const model = network()
    const before = model.getWeights()
    const { running, stop } = endless(model)
    await sleep(5)
    await expect(model.fit(x, y, quiet)).rejects.toMatchObject({
      code: 'ERR_BUSY',
      message: expect.stringMatching(/^\[fit\].*"sequential/),
    })
    expect(() => model.setWeights(before)).toThrow(expect.objectContaining({ code: 'ERR_BUSY' }))
    stop()
    await running
    model.setWeights(before)
  })
})

describe('while a model trains', () => {
  it('assign falls between two steps, and the run goes on from there', async () => {
    const { model, x, y } = twins()
    const [kernel] = model.weights as [Parameter]
    const assigned = full(kernel.shape, 0.5)
    const { running, stop } = endless(model, x, y)
    for (let round = 0; round < 8; round++) {
      kernel.assign(assigned)
      let seen = 0.5
      // A step subtracts whole numbers: half ones gradientStep from what was assigned. In part assigned, elements would differ.
      while (seen === 0.5) {
        const values = kernel.data()
        seen = values[0] as number
        expect(values.every((value) => value === seen)).toBe(true)
        expect(Math.abs(seen % 1)).toBe(0.5)
        await sleep(1)
      }
    }
    stop()
    expect((await running).stopped).toBe('aborted')
  })

  it('getWeights, predictSync and predict see whole steps', async () => {
    const { model, x, y } = twins()
    const { running, stop } = endless(model, x, y)
    const seen = new Set<number>()
    while (seen.size < 5) {
      const [kernel, bias] = model.getWeights() as [Tensor, Tensor]
      const [k, b] = [kernel, bias].map((weight) => Buffer.from(weight.data().buffer)) as [Buffer, Buffer]
      expect(k.equals(b)).toBe(true)
      // 1·kernel + bias is twice the kernel, the same everywhere, in steps of 2.
      for (const output of [model.predictSync(ones([1, 1])), await model.predict(ones([1, 1]))]) {
        const values = output.data()
        expect(values.every((value) => value === values[0])).toBe(true)
        expect(Math.abs((values[0] as number) % 2)).toBe(0)
        seen.add(values[0] as number)
        output.dispose()
      }
      kernel.dispose()
      bias.dispose()
      await sleep(1)
    }
    stop()
    expect((await running).stopped).toBe('aborted')
  })

  it('they return after a step or two', async () => {
    const model = network()
    const few = signed([4, 200])
    for (const output of [model.predictSync(few), await model.predict(few)]) output.dispose()
    const { running, stop } = endless(model)
    await sleep(20)
    const times: Record<string, number[]> = { predictSync: [], predict: [], getWeights: [] }
    for (let i = 0; i < 20; i++) {
      const began = performance.now()
      model.predictSync(few).dispose()
      const second = performance.now()
      const output = await model.predict(few)
      const third = performance.now()
      const weights = model.getWeights()
      times.predictSync?.push(second - began)
      times.predict?.push(third - second)
      times.getWeights?.push(performance.now() - third)
      for (const tensor of [output, ...weights]) tensor.dispose()
      await sleep(2)
    }
    stop()
    expect((await running).stopped).toBe('aborted')
    // A step takes below a millisecond, many of them run in one native call, and the epoch has no end: one look in four is soon back, however
    // loaded the machine is.
    for (const list of Object.values(times)) expect(list.toSorted((a, b) => a - b)[5]).toBeLessThan(25)
  })

  it('a changed rate takes effect at the next step', async () => {
    const optimizer = optimizers.sgd({ learningRate: 0.01 })
    const model = network(optimizer)
    const kernel = model.weights[0] as Tensor
    const start = bits(kernel)
    const { running, stop } = endless(model)
    await until(() => bits(kernel) !== start)
    optimizer.learningRate = 0
    await sleep(20)
    const [stopped, statistics] = [bits(kernel), bits(model.weights[4] as Tensor)]
    await until(() => bits(model.weights[4] as Tensor) !== statistics)
    expect(bits(kernel)).toBe(stopped)
    optimizer.learningRate = 0.01
    await until(() => bits(kernel) !== stopped)
    stop()
    expect((await running).stopped).toBe('aborted')
  })

  it('an abort keeps the weights of the last whole step', async () => {
    const optimizer = optimizers.rmsprop()
    const model = network(optimizer)
    const start = bits(model.weights[0] as Tensor)
    const { running, stop } = endless(model)
    await until(() => bits(model.weights[0] as Tensor) !== start)
    stop()
    expect(await running).toEqual({ epoch: [], history: {}, stopped: 'aborted' })
    const done = optimizer.iterations
    expect(done).toBeGreaterThan(0)
    const again = network(optimizers.rmsprop())
    await again.fit(x, y, { ...quiet, stepsPerEpoch: done })
    expect(weightsOf(model)).toEqual(weightsOf(again))
    const { epoch } = await model.fit(x, y, quiet)
    expect(epoch).toEqual([0])
  })

  it('the data may be disposed of', async () => {
    const wanted = network()
    const options = { ...quiet, epochs: 2 }
    const { history } = await wanted.fit(x, y, options)
    const [copyX, copyY] = [signed([n, 200]), labels(n, 10)]
    const model = network()
    const [valX, valY] = [signed([64, 200], 5), labels(64, 10)]
    const validated = wanted.evaluate(valX, valY)
    const predicted = wanted.predict(valX)
    const running = model.fit(copyX, copyY, { ...options, validationData: [valX, valY] })
    for (const tensor of [copyX, copyY, valX, valY]) tensor.dispose()
    expect((await predicted).shape).toEqual([64, 10])
    const { history: found } = await running
    expect(found.loss).toEqual(history.loss)
    expect(found.val_loss?.at(-1)).toBe((await validated).loss)
    expect(weightsOf(model)).toEqual(weightsOf(wanted))
  })
})

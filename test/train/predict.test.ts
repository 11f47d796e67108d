import { describe, expect, it } from 'vitest'
import { noGrad } from '../../lib/autodiff/tape.js'
import { Dataset } from '../../lib/data/dataset.js'
import { sequential } from '../../lib/model/index.js'
import { native } from '../../lib/native/binding.js'
import { layers } from '../../lib/nn/index.js'
import { ones, tensor } from '../../lib/tensor/creation.js'
import { settle } from '../helpers/settle.js'
import { classifier, points, weightsOf } from './helpers.js'

const { x, y } = points()

describe('predict', () => {
  it('gives the outputs of call, batch by batch', async () => {
    const model = classifier()
    const expected = [...noGrad(() => model.call(tensor(x))).data()]
    const outputs = await model.predict(x, { batchSize: 7 })
    expect(outputs.shape).toEqual([40, 2])
    expect([...outputs.data()]).toEqual(expected)
    expect(outputs.requiresGrad).toBe(false)
    expect([...model.predictSync(x.slice(0, 3)).data()]).toEqual(expected.slice(0, 6))
  })

  it('takes bytes and no samples at all', async () => {
    const model = classifier()
    expect((await model.predict({ data: new Uint8Array(6), shape: [3, 2] })).shape).toEqual([3, 2])
    expect((await model.predict({ data: new Float32Array(), shape: [0, 2] })).shape).toEqual([0, 2])
  })

  it('frees all but its result', async () => {
    const model = classifier()
    await settle()
    const before = native.memory().tensors
    const outputs = await model.predict(x, { batchSize: 4 })
    expect(native.memory().tensors).toBe(before + 1)
    outputs.dispose()
  })

  it('names layer and shapes of a wrong input', async () => {
    await expect(classifier().predict([[1, 2, 3]])).rejects.toMatchObject({
      code: 'ERR_SHAPE',
      message: expect.stringMatching(/Dense "dense.*\[2\].*\[3\]/),
    })
  })
})

describe('evaluate', () => {
  it('does not change the model and equals the loss on probabilities', async () => {
    const model = classifier()
    const before = weightsOf(model)
    const { loss, accuracy } = await model.evaluate(x, y, { batchSize: 9 })
    const p = (await model.predict(x)).data()
    const expected = y.reduce((sum, label, i) => sum - Math.log(p[2 * i + label] as number), 0) / y.length
    expect(loss).toBeCloseTo(expected, 5)
    expect(accuracy).toBe(
      y.filter((label, i) => (p[2 * i] as number) < (p[2 * i + 1] as number) === (label === 1)).length / 40,
    )
    expect(weightsOf(model)).toEqual(before)
  })

  it('uses probabilities for metrics that need them after a sigmoid', async () => {
    const model = sequential({
      layers: [layers.dense({ units: 1, activation: 'sigmoid', inputShape: [1], kernelInitializer: 'ones' })],
    })
    model.compile({ loss: 'binaryCrossentropy', metrics: ['binaryAccuracy'] })
    // Logits 0.3 (probability above one half) and −1.
    const { loss, binaryAccuracy } = await model.evaluate([[0.3], [-1]], [[1], [0]])
    expect(binaryAccuracy).toBe(1)
    expect(loss).toBeCloseTo((Math.log1p(Math.exp(-0.3)) + Math.log1p(Math.exp(-1))) / 2, 5)
  })

  it('refuses empty data', async () => {
    await expect(classifier().evaluate([])).rejects.toMatchObject({ code: 'ERR_ARGUMENT' })
    await expect(classifier().evaluate(new Set<never>())).rejects.toMatchObject({ code: 'ERR_ARGUMENT' })
  })
})

it('predict points from batches to predictStream', async () => {
  const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [1] })] })
  const samples = Dataset.fromTensors({ x: ones([4, 1]) }).batch(2)
  await expect(model.predict(samples as never)).rejects.toThrow(
    '[predict] takes data in memory, got a Dataset; for batches: for await (const y of model.predictStream(batches)) …',
  )
  const generator = (function* () {
    yield ones([4, 1])
  })()
  await expect(model.predict(generator as never)).rejects.toThrow('model.predictStream(batches)')
})

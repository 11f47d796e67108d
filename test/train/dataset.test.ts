import { describe, expect, it, vi } from 'vitest'
import { Dataset } from '../../lib/data/dataset.js'
import { Plan } from '../../lib/graph/plan.js'
import { runtime } from '../../lib/native/runtime.js'
import { tensor } from '../../lib/tensor/creation.js'
import { settle } from '../helpers/settle.js'
import { classifier, points, weightsOf } from './helpers.js'

const { x, y } = points()
const weight = Float32Array.from(x, (_, i) => (i % 4) / 2)
const quiet = { verbose: 0 } as const

describe('a model and a Dataset', () => {
  it('trains as it does on the arrays', async () => {
    const [stream, arrays] = [classifier(), classifier()]
    const found = await stream.fit(Dataset.fromTensors([x, y]).batch(16), undefined, { epochs: 3, ...quiet })
    const expected = await arrays.fit(x, y, { epochs: 3, batchSize: 16, shuffle: false, ...quiet })
    expect(found.history).toEqual(expected.history)
    expect(weightsOf(stream)).toEqual(weightsOf(arrays))
    expect(await stream.evaluate(Dataset.fromTensors({ x, y }).batch(7))).toEqual(
      await arrays.evaluate(Dataset.fromIterable(x.map((point, i) => [point, y[i] as number] as const)).batch(7)),
    )
  })

  const samples = x.map((point, i) => [point, y[i] as number] as const)
  const seeded = { seed: 3 }
  it.each([
    ['rows in memory', () => Dataset.fromTensors([x, y]).shuffle(40, seeded)],
    ['a stream', () => Dataset.fromIterable(samples).shuffle(40, seeded)],
    ['repeated rows', () => Dataset.fromTensors([x, y]).shuffle(40, seeded).repeat(2)],
    [
      'a repeated stream, orders within orders',
      () => Dataset.fromIterable(samples).shuffle(9, seeded).repeat(2).shuffle(5, seeded),
    ],
  ])('under a seed goes on with the orders of the epochs to come: %s', async (_, make) => {
    const dataset = () => (make() as Dataset<[number[], number]>).batch(8)
    const [whole, first] = [classifier(), classifier()]
    await whole.fit(dataset(), { epochs: 3, ...quiet })
    const begun = dataset()
    await first.fit(begun, { epochs: 1, ...quiet })
    for (const rest of [begun, dataset()]) {
      const model = classifier()
      model.setWeights(first.getWeights())
      await model.fit(rest, { epochs: 3, initialEpoch: 1, ...quiet })
      expect(weightsOf(model)).toEqual(weightsOf(whole))
    }
  })

  it('takes the options straight after it, as after every iterable of batches', async () => {
    const dataset = Dataset.fromTensors([x, y]).batch(16)
    const [plain, short, listed] = [classifier(), classifier(), classifier()]
    const history = await plain.fit(dataset, undefined, { epochs: 3, ...quiet })
    expect(await short.fit(dataset, { epochs: 3, ...quiet })).toEqual(history)
    const batches = [0, 16, 32].map((i) => [x.slice(i, i + 16), y.slice(i, i + 16)] as const)
    expect(await listed.fit(batches, { epochs: 3, ...quiet })).toEqual(history)
    expect(weightsOf(short)).toEqual(weightsOf(plain))
    expect(weightsOf(listed)).toEqual(weightsOf(plain))
    const figures = await plain.evaluate(dataset)
    expect(await plain.evaluate(dataset, { signal: undefined })).toEqual(figures)
    expect(await plain.evaluate(batches, {})).toEqual(figures)
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(plain.evaluate(dataset, { signal })).rejects.toThrow('enough')
  })

  it('refuses options twice, unknown ones, and targets beside it', async () => {
    const dataset = Dataset.fromTensors([x, y]).batch(16)
    const model = classifier()
    const refused: [() => Promise<unknown>, RegExp][] = [
      [() => model.fit(dataset, { epochs: 3 } as never, {}), /^\[fit\].*the options are given twice/],
      [() => model.evaluate(dataset, {} as never, {}), /^\[evaluate\].*the options are given twice/],
      [() => model.fit(dataset, { epoch: 3 } as never), /^\[fit\] unknown option "epoch".*"epochs"/],
      [() => model.evaluate(dataset, { batchSize: 5 }), /batches of its own size/],
      [() => model.fit(dataset, { sampleWeight: y }), /leave the argument sampleWeight out/],
      [() => model.fit(dataset, y as never, quiet), /leave the argument y out/],
      [() => model.fit(dataset, { [model.outputNames[0] as string]: y } as never), /leave the argument y out/],
    ]
    for (const [run, message] of refused)
      await expect(run()).rejects.toMatchObject({ code: 'ERR_ARGUMENT', message: expect.stringMatching(message) })
  })

  it('validates with one, and repeats one over epochs of so many steps', async () => {
    const dataset = Dataset.fromTensors([x, y]).shuffle(40, { seed: 1 }).repeat().batch(8).prefetch(2)
    const validationData = Dataset.fromTensors([x, y]).batch(40)
    const { history } = await classifier().fit(dataset, undefined, {
      epochs: 2,
      stepsPerEpoch: 7,
      validationData,
      ...quiet,
    })
    expect(history.val_loss).toHaveLength(2)
  })

  it('predicts a stream of inputs, alone or with targets', async () => {
    const model = classifier()
    const expected = (await model.predict(x)).data()
    for (const dataset of [Dataset.fromTensors({ x }).batch(16), Dataset.fromTensors({ x, y }).batch(16)]) {
      const outputs: number[] = []
      for await (const output of model.predictStream(dataset)) outputs.push(...output.data())
      expect(outputs).toEqual([...expected])
    }
  })

  it('leaves no tensor behind', async () => {
    const model = classifier()
    const scale = tensor([2, 2])
    const dataset = Dataset.fromTensors([x, y])
      .map(([point, label]) => [point.mul(scale), label] as const)
      .shuffle(10)
      .batch(8)
      .prefetch(2)
    const run = async (): Promise<number> => {
      await model.fit(dataset, undefined, { epochs: 2, ...quiet })
      await model.evaluate(dataset)
      for await (const output of model.predictStream(dataset)) output.dispose()
      await settle()
      return runtime.memory().tensors
    }
    const first = await run()
    for (let i = 0; i < 5; i++) expect(await run()).toBe(first)
  })

  it('trains on a stream larger than what may be held, in flat memory', async () => {
    const model = classifier()
    let most = 0
    const stream = Dataset.fromIterable(function* () {
      for (let i = 0; i < 20_000; i++) {
        most = Math.max(most, runtime.memory().tensors)
        yield [Float32Array.of(Math.sin(i), Math.cos(i)), i % 2] as const
      }
    })
    await settle()
    const before = runtime.memory().tensors
    await model.fit(stream.shuffle(500).batch(100).prefetch(2), undefined, quiet)
    expect(most - before).toBeLessThan(60)
  })

  it('refuses one that is not batched, and says what to do', async () => {
    const model = classifier()
    for (const dataset of [Dataset.fromTensors([x, y]), Dataset.fromIterable([[Float32Array.of(1, 2), 1] as const])])
      for (const run of [() => model.fit(dataset as never, undefined, quiet), () => model.evaluate(dataset as never)])
        await expect(run()).rejects.toMatchObject({ message: expect.stringContaining('.batch(n)') })
    const rows = Dataset.fromTensors({ x })
    await expect(model.predictStream(rows).next()).rejects.toMatchObject({
      message: expect.stringContaining('.batch(n)'),
    })
  })

  it('ends with the error of a stage, after the steps before it', async () => {
    const [model, expected] = [classifier(), classifier()]
    const error = new Error('broken sample')
    let closed = false
    const dataset = Dataset.fromIterable(function* () {
      try {
        for (let i = 0; ; i++) yield [x[i % 40] as number[], y[i % 40] as number] as const
      } finally {
        closed = true
      }
    })
      .map((sample, i) => {
        if (i === 20) throw error
        return sample
      })
      .batch(8)
    await expect(model.fit(dataset, undefined, quiet)).rejects.toBe(error)
    await expected.fit(x.slice(0, 16), y.slice(0, 16), { batchSize: 8, shuffle: false, ...quiet })
    expect(closed).toBe(true)
    expect(weightsOf(model)).toEqual(weightsOf(expected))
    await model.fit(x, y, quiet)
  })
})

describe('batches of tensors', () => {
  it('train as data in memory, an epoch a native call, in whatever order', async () => {
    const start = vi.spyOn(Plan.prototype, 'start')
    const made = () => Dataset.fromTensors([x, y, weight]).shuffle(40, { seed: 3 })
    // What a stage of one's own has touched comes batch by batch.
    const stages = [
      made().batch(8),
      made().batch(8).prefetch(1),
      made()
        .batch(8)
        .map((batch) => batch),
    ]
    const found = []
    for (const [i, dataset] of stages.entries()) {
      const model = classifier()
      start.mockClear()
      const { history } = await model.fit(dataset, undefined, { epochs: 3, validationData: dataset, ...quiet })
      expect(start).toHaveBeenCalledTimes(i < 2 ? 6 : 30)
      found.push({ history, weights: weightsOf(model) })
    }
    start.mockRestore()
    expect(found[1]).toEqual(found[0])
    expect(found[2]).toEqual(found[0])
  })

  it('are taken, skipped and dropped as by hand', async () => {
    const stages = [
      Dataset.fromTensors([x, y]).skip(3).take(30).batch(8),
      Dataset.fromTensors([x, y]).batch(16, { dropRemainder: true }),
      Dataset.fromTensors([{ data: Uint8Array.from(x.flat(), (v) => 9 * v + 9), shape: [40, 2] }, y]).batch(7),
    ]
    for (const dataset of stages) {
      const [rows, stream] = [classifier(), classifier()]
      const expected = await stream.fit(
        dataset.map((batch) => batch),
        undefined,
        { epochs: 2, ...quiet },
      )
      expect((await rows.fit(dataset, undefined, { epochs: 2, ...quiet })).history).toEqual(expected.history)
      expect(weightsOf(rows)).toEqual(weightsOf(stream))
      expect(await rows.evaluate(dataset)).toEqual(await stream.evaluate(dataset.map((batch) => batch)))
    }
  })

  it('go on where an epoch of so many steps ended, and give each batch to callbacks', async () => {
    const dataset = Dataset.fromTensors([x, y]).batch(8)
    const [rows, stream] = [classifier(), classifier()]
    const ends: number[] = []
    const options = { epochs: 3, stepsPerEpoch: 3, ...quiet }
    await rows.fit(dataset, undefined, { ...options, callbacks: { onBatchEnd: (step) => void ends.push(step) } })
    await stream.fit(
      dataset.map((batch) => batch),
      undefined,
      options,
    )
    expect(weightsOf(rows)).toEqual(weightsOf(stream))
    expect(ends).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2])
  })

  it('weight the samples by their third part, in training and in evaluation', async () => {
    const batches = Dataset.fromTensors({ x, y, sampleWeight: weight }).batch(16)
    for (const dataset of [batches, batches.map((batch) => batch)]) {
      const [weighted, arrays] = [classifier(), classifier()]
      const options = { epochs: 2, batchSize: 16, shuffle: false, ...quiet }
      const expected = await arrays.fit(x, y, { ...options, sampleWeight: weight, validationData: [x, y, weight] })
      const found = await weighted.fit(dataset, undefined, { epochs: 2, validationData: dataset, ...quiet })
      expect(found.history).toEqual(expected.history)
      expect(weightsOf(weighted)).toEqual(weightsOf(arrays))
      const figures = await weighted.evaluate(dataset)
      expect(figures).toEqual(await arrays.evaluate(x, y, { batchSize: 16, sampleWeight: weight }))
      expect(figures.loss).not.toBe((await arrays.evaluate(x, y, { batchSize: 16 })).loss)
    }
  })

  it('with wrong weights are refused and leave the model as it was', async () => {
    const bad = Float32Array.from(weight, (value, i) => (i === 5 ? -1 : value))
    const batches = Dataset.fromTensors([x, y, bad]).batch(8)
    const model = classifier()
    const before = weightsOf(model)
    for (const dataset of [batches, batches.map((batch) => batch)])
      for (const run of [() => model.fit(dataset, undefined, quiet), () => model.evaluate(dataset)])
        await expect(run()).rejects.toMatchObject({
          code: 'ERR_ARGUMENT',
          message: expect.stringMatching(/the weight of sample 5 is -1/),
        })
    expect(weightsOf(model)).toEqual(before)
    const inputs = Dataset.fromTensors({ x }).batch(8)
    await expect(model.fit(inputs as never, undefined, quiet)).rejects.toMatchObject({ code: 'ERR_ARGUMENT' })
    await expect(model.fit(Dataset.fromTensors([x, y]).take(0).batch(8), undefined, quiet)).rejects.toMatchObject({
      message: '[fit] there are no samples',
    })
  })
})

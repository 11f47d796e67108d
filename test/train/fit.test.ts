import { describe, expect, it } from 'vitest'
import { sequential } from '../../lib/model/index.js'
import { native } from '../../lib/native/binding.js'
import { layers } from '../../lib/nn/index.js'
import { sgd } from '../../lib/optim/rules/sgd.js'
import { tensor } from '../../lib/tensor/creation.js'
import { setSeed } from '../../lib/tensor/random.js'
import { Borrowed } from '../../lib/train/data/borrowed.js'
import { SampleSet } from '../../lib/train/data/sample-set.js'
import { MemorySource, rowRange } from '../../lib/train/data/source.js'
import { settle } from '../helpers/settle.js'
import { classifier, points, weightsOf } from './helpers.js'

const { x, y } = points()

const numbers = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

describe('fit', () => {
  it('learns, and its history has a figure for each epoch', async () => {
    const model = classifier()
    const { epoch, history, stopped } = await model.fit(x, y, { epochs: 30, batchSize: 8, verbose: 0 })
    expect(epoch).toEqual(Array.from({ length: 30 }, (_, i) => i))
    expect(Object.keys(history)).toEqual(['loss', 'accuracy', 'learningRate'])
    const { loss = [], accuracy = [], learningRate } = history
    expect(loss).toHaveLength(30)
    expect(loss[29]).toBeLessThan(0.5 * (loss[0] as number))
    expect(accuracy[29]).toBeGreaterThan(0.9)
    expect(learningRate?.every((rate) => rate === 0.2)).toBe(true)
    expect(stopped).toBeUndefined()
  })

  it('does what one step by hand does', async () => {
    const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [1], kernelInitializer: 'ones' })] })
    model.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: 'meanSquaredError' })
    const { history } = await model.fit([[1], [2]], [[3], [5]], { batchSize: 2, verbose: 0 })
    // Errors −2 and −3: loss (4 + 9)/2; dL/dw = −2·1 − 3·2 = −8, dL/db = −5.
    expect(history.loss?.[0]).toBeCloseTo(6.5, 5)
    expect(weightsOf(model).flat()).toEqual([expect.closeTo(1.8, 5), expect.closeTo(0.5, 5)])
  })

  it('weighs the last, smaller batch by its size', async () => {
    const model = classifier({ learningRate: 0 })
    const { history } = await model.fit(x, y, { batchSize: 32, verbose: 0 })
    const { loss, accuracy } = await model.evaluate(x, y, { batchSize: 40 })
    expect(history.loss?.[0]).toBeCloseTo(loss as number, 6)
    expect(history.accuracy?.[0]).toBe(accuracy)
  })

  it('gives the same weights for the same seed, other ones for another', async () => {
    const run = async (seed?: number): Promise<number[][]> => {
      const model = classifier()
      await model.fit(x, y, { epochs: 2, batchSize: 4, verbose: 0, seed })
      return weightsOf(model)
    }
    expect(await run(3)).toEqual(await run(3))
    expect(await run()).toEqual(await run())
    expect(await run(3)).not.toEqual(await run(4))
  })

  it('shows each sample once an epoch, in another order each time, or in its own without shuffling', async () => {
    const data = await SampleSet.of(
      new Borrowed({ x: tensor(numbers(20)), y: tensor(numbers(20)) }),
      { inputNames: ['x'], outputNames: ['y'] },
      'fit',
    )
    const orders = async (source: MemorySource, pass: number): Promise<number[][]> => {
      const orders: number[][] = []
      const way = source.pass(pass)
      for (let part = await way.next(1); part !== null; part = await way.next(1)) {
        const rows = [...(part.order?.data() ?? [])]
        orders.push(rows.slice(part.first * part.batch, (part.first + 1) * part.batch))
      }
      return orders
    }
    const shuffled = new MemorySource(data, 8, rowRange(0, 20, { seed: 5 }))
    const [first, second] = [await orders(shuffled, 0), await orders(shuffled, 1)]
    expect(first.map(({ length }) => length)).toEqual([8, 8, 4])
    expect(first).not.toEqual(second)
    expect(await orders(shuffled, 0)).toEqual(first)
    for (const order of [first, second]) expect(order.flat().toSorted((a, b) => a - b)).toEqual(numbers(20))
    expect((await orders(new MemorySource(data, 8), 0)).flat()).toEqual(numbers(20))
  })

  it('validates on the last share, which it does not train on', async () => {
    const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [1], kernelInitializer: 'zeros' })] })
    model.compile({ optimizer: sgd({ learningRate: 0 }), loss: 'meanSquaredError' })
    const data = numbers(10).map((n) => [n])
    const { history } = await model.fit(data, data, { validationSplit: 0.25, batchSize: 7, verbose: 0 })
    const meanSquare = (of: number[]): number => of.reduce((sum, n) => sum + n * n, 0) / of.length
    expect(history.loss?.[0]).toBeCloseTo(meanSquare(numbers(7)), 4)
    expect(history.val_loss?.[0]).toBeCloseTo(meanSquare([7, 8, 9]), 4)
  })

  it('validates on data of its own', async () => {
    const model = classifier()
    const { history } = await model.fit(x, y, { epochs: 2, verbose: 0, validationData: [x.slice(0, 9), y.slice(0, 9)] })
    expect(Object.keys(history)).toEqual(['loss', 'accuracy', 'val_loss', 'val_accuracy', 'learningRate'])
    const { loss, accuracy } = await model.evaluate(x.slice(0, 9), y.slice(0, 9))
    expect([history.val_loss?.[1], history.val_accuracy?.[1]]).toEqual([loss, accuracy])
  })

  it('trains on iterables of batches, synchronous or not, as on data in memory', async () => {
    const batches = [0, 16, 32].map((i) => [x.slice(i, i + 16), tensor(y.slice(i, i + 16))] as const)
    const stream = {
      async *[Symbol.asyncIterator]() {
        yield* batches
      },
    }
    const set = new Set(batches)
    const results: number[][][] = []
    for (const source of [set, stream]) {
      const model = classifier()
      await model.fit(source, undefined, { epochs: 2, verbose: 0 })
      results.push(weightsOf(model))
    }
    const model = classifier()
    await model.fit(x, y, { epochs: 2, batchSize: 16, shuffle: false, verbose: 0 })
    expect(results[0]).toEqual(weightsOf(model))
    expect(results[1]).toEqual(results[0])
  })

  it('builds the model from the first batch of an iterable', async () => {
    const model = sequential({ layers: [layers.dense({ units: 1 })] })
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
    await model.fit([[tensor([[1, 2]]), tensor([[1]])]], undefined, { verbose: 0 })
    expect(model.countParams().total).toBe(3)
  })

  it('goes on where it ended with stepsPerEpoch', async () => {
    const counts: number[] = []
    const model = classifier()
    const callbacks = { onBatchEnd: (batch: number) => void counts.push(batch) }
    const { epoch } = await model.fit(x, y, {
      epochs: 4,
      initialEpoch: 1,
      batchSize: 16,
      stepsPerEpoch: 2,
      verbose: 0,
      callbacks,
    })
    expect(epoch).toEqual([1, 2, 3])
    expect(counts).toEqual([0, 1, 0, 1, 0, 1])
  })

  it('says when a generator has run dry', async () => {
    const once = (function* () {
      yield [tensor([[1, 2]]), tensor([1])] as const
    })()
    await expect(classifier().fit(once, undefined, { epochs: 2, verbose: 0 })).rejects.toMatchObject({
      code: 'ERR_ARGUMENT',
      message: expect.stringContaining('generator'),
    })
  })

  it('trains on bytes as on the floats they stand for', async () => {
    const bytes = Uint8Array.from({ length: 80 }, (_, i) => (i * 37) % 11)
    const a = classifier()
    await a.fit({ data: bytes, shape: [40, 2] }, Uint8Array.from(y), { verbose: 0, seed: 1 })
    const b = classifier()
    await b.fit({ data: Float32Array.from(bytes), shape: [40, 2] }, y, { verbose: 0, seed: 1 })
    expect(weightsOf(a)).toEqual(weightsOf(b))
  })

  it('leaves gradients alone and no tensors behind', async () => {
    const model = classifier()
    await model.fit(x, y, { verbose: 0 })
    await settle()
    const before = native.memory().tensors
    await model.fit(x, y, { epochs: 3, verbose: 0, validationSplit: 0.2 })
    await model.evaluate(x, y)
    expect(native.memory().tensors).toBe(before)
    expect(model.weights.every(({ grad }) => grad === null)).toBe(true)
  })

  it('lets the event loop turn', async () => {
    setSeed(1)
    const model = sequential({ layers: [layers.dense({ units: 256, inputShape: [256] }), layers.dense({ units: 1 })] })
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
    const data = { data: new Float32Array(20000 * 256), shape: [20000, 256] }
    let shortest = Number.POSITIVE_INFINITY
    // A loaded machine may stop the whole process for longer: not in each of some attempts, though.
    for (let attempt = 0; attempt < 8 && shortest >= 200; attempt++) {
      let [turns, longest, last] = [0, 0, performance.now()]
      const timer = setInterval(() => {
        longest = Math.max(longest, performance.now() - last)
        last = performance.now()
        turns++
      }, 1)
      await model.fit(data, new Float32Array(20000), { verbose: 0, batchSize: 16 })
      clearInterval(timer)
      if (turns > 3) shortest = Math.min(shortest, longest)
    }
    expect(shortest).toBeLessThan(200)
  })
})

describe('fit refuses', () => {
  const cases: [string, () => Promise<unknown>, string, RegExp][] = [
    ['no compile', () => classifier({ compile: false }).fit(x, y), 'ERR_ARGUMENT', /compile/],
    [
      'no samples',
      () => classifier().fit({ data: new Float32Array(), shape: [0, 2] }, new Float32Array()),
      'ERR_ARGUMENT',
      /no samples/,
    ],
    ['no targets', () => classifier().fit(x), 'ERR_ARGUMENT', /y is missing/],
    ['other lengths', () => classifier().fit(x, y.slice(1)), 'ERR_ARGUMENT', /40 samples, y has 39/],
    ['another shape', () => classifier().fit([[1, 2, 3]], [0]), 'ERR_SHAPE', /Dense "dense.*\[2\].*\[3\]/],
    [
      'wrong labels',
      () =>
        classifier().fit(
          x,
          y.map((label) => label * 2),
          { verbose: 0 },
        ),
      'ERR_ARGUMENT',
      /label 2/,
    ],
    ['epochs', () => classifier().fit(x, y, { epochs: 1.5 }), 'ERR_ARGUMENT', /epochs/],
    ['batchSize', () => classifier().fit(x, y, { batchSize: 0 }), 'ERR_ARGUMENT', /batchSize/],
    ['a share', () => classifier().fit(x, y, { validationSplit: 1 }), 'ERR_ARGUMENT', /validationSplit/],
    [
      'a share in words',
      () => classifier().fit(x, y, { validationSplit: '0.2' as never }),
      'ERR_ARGUMENT',
      /got "0\.2"/,
    ],
    ['too small a share', () => classifier().fit(x, y, { validationSplit: 0.99 }), 'ERR_ARGUMENT', /nothing/],
    [
      'a callback',
      () => classifier().fit(x, y, { callbacks: { onEpochEnd: 3 as never } }),
      'ERR_ARGUMENT',
      /onEpochEnd/,
    ],
    ['verbose', () => classifier().fit(x, y, { verbose: 3 as never }), 'ERR_ARGUMENT', /verbose/],
    ['y beside an iterable', () => classifier().fit(new Set([[x, y] as const]), y as never), 'ERR_ARGUMENT', /leave/],
  ]
  it.each(cases)('%s', async (_, run, code, message) => {
    await expect(run()).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  })

  it('and the model stays usable', async () => {
    const model = classifier()
    await expect(model.fit(x, y.slice(1))).rejects.toThrow()
    await expect(
      model.fit(
        x,
        y.map(() => 9),
        { verbose: 0 },
      ),
    ).rejects.toThrow()
    const { history } = await model.fit(x, y, { verbose: 0 })
    expect(history.loss?.[0]).toBeGreaterThan(0)
  })
})

import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { native } from '../../lib/native/binding.js'
import { concat } from '../../lib/ops/index.js'
import { tensor } from '../../lib/tensor/creation.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { Predictor } from '../../lib/train/predict.js'
import { predictBatches } from '../../lib/train/predict-stream.js'
import { settle } from '../helpers/settle.js'
import { classifier, points } from './helpers.js'
import { TwoByTwo } from './two-by-two.js'

const { x, y } = points()
const [first, second, third] = [x.slice(0, 10), x.slice(10, 30), x.slice(30)] as [number[][], number[][], number[][]]

/** Batches, and how many were asked for, and whether somebody closed it. */
function source(batches: readonly number[][][] = [first, second, third]) {
  const state = { asked: 0, closed: false }
  const stream = (async function* () {
    try {
      for (const batch of batches) {
        state.asked++
        await sleep(1)
        yield batch
      }
    } finally {
      state.closed = true
    }
  })()
  return { stream, state }
}

async function collect(outputs: AsyncIterable<Tensor>): Promise<number[][]> {
  const all: number[][] = []
  for await (const output of outputs) {
    all.push([...output.data()])
    output.dispose()
  }
  return all
}

describe('predictStream', () => {
  it('gives what predictSync gives, from any iterable', async () => {
    const model = classifier()
    const wanted = [first, second, third].map((batch) => [...model.predictSync(batch).data()])
    expect(await collect(model.predictStream(source().stream))).toEqual(wanted)
    expect(await collect(model.predictStream([first, second, third]))).toEqual(wanted)
    expect(await collect(model.predictStream(new Set([tensor(first), tensor(second), tensor(third)])))).toEqual(wanted)
    expect(await collect(model.predictStream([]))).toEqual([])
  })

  it('takes the inputs of batches that are made for fit', async () => {
    const model = classifier()
    const wanted = [[...model.predictSync(x).data()]]
    expect(await collect(model.predictStream([[tensor(x), tensor(y)]]))).toEqual(wanted)
  })

  it('pulls one batch ahead, and no more', async () => {
    const model = classifier()
    const { stream, state } = source([first, first, first, first])
    const outputs = model.predictStream(stream)
    expect(state.asked).toBe(0)
    for (const asked of [2, 3, 4, 4]) {
      await outputs.next()
      await sleep(10)
      expect(state.asked).toBe(asked)
    }
    expect((await outputs.next()).done).toBe(true)
  })

  it('closes the source and frees everything when its reader leaves', async () => {
    const model = classifier()
    const run = async (): Promise<void> => {
      const { stream, state } = source()
      for await (const output of model.predictStream(stream)) {
        output.dispose()
        break
      }
      expect(state.closed).toBe(true)
    }
    await run()
    await settle()
    const { tensors } = native.memory()
    await run()
    await collect(model.predictStream(source([first, first]).stream))
    expect(native.memory().tensors).toBeLessThanOrEqual(tensors)
  })

  it('ends where its reader leaves or its signal says so, though the source has nothing to give', async () => {
    const model = classifier()
    const stalled = async function* () {
      yield first
      await new Promise<never>(() => {})
    }
    for await (const output of model.predictStream(stalled())) {
      output.dispose()
      break
    }
    const reason = new Error('enough')
    const controller = new AbortController()
    const outputs = model.predictStream(stalled(), { signal: controller.signal })
    expect((await outputs.next()).value?.shape).toEqual([10, 2])
    setTimeout(() => controller.abort(reason), 20)
    await expect(outputs.next()).rejects.toBe(reason)
    await expect(model.predictStream([first], { signal: controller.signal }).next()).rejects.toBe(reason)
    // @ts-expect-error a misspelt option on purpose
    await expect(model.predictStream([first], { singal: controller.signal }).next()).rejects.toThrow('"signal"')
  })

  it('lets errors of the source through, behind the outputs before it, and does not close what has failed', async () => {
    const model = classifier()
    let returned = 0
    let asked = 0
    const failing = {
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          if (asked++ === 2) throw new RangeError('dried up')
          return { done: false, value: first }
        },
        return: async () => {
          returned++
          return { done: true, value: undefined }
        },
      }),
    } as AsyncIterable<number[][]>
    const seen: Tensor[] = []
    const reading = (async () => {
      for await (const output of model.predictStream(failing)) seen.push(output)
    })()
    await expect(reading).rejects.toThrow(new RangeError('dried up'))
    expect(seen).toHaveLength(2)
    expect(returned).toBe(0)
  })

  it('refuses what is no iterable, and a batch that does not fit, having closed the source', async () => {
    const model = classifier()
    for (const wrong of [undefined, 3, 'text', tensor(x), new Float32Array(4), {}])
      await expect(model.predictStream(wrong as never).next()).rejects.toMatchObject({
        code: 'ERR_ARGUMENT',
        message: expect.stringMatching(/^\[predictStream\].*iterable/),
      })
    const { stream, state } = source([first, [[1, 2, 3]]])
    await expect(collect(model.predictStream(stream))).rejects.toMatchObject({
      code: 'ERR_SHAPE',
      message: expect.stringMatching(/\[2\].*\[3\]/),
    })
    expect(state.closed).toBe(true)
    await expect(collect(model.predictStream(['no' as never]))).rejects.toMatchObject({ code: 'ERR_ARGUMENT' })
  })

  it('does not hold the event loop', async () => {
    const model = classifier()
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    await collect(model.predictStream(source(Array.from({ length: 20 }, () => first)).stream))
    clearInterval(timer)
    expect(turns).toBeGreaterThan(3)
  })

  it('gives all outputs of several', async () => {
    const model = new TwoByTwo()
    const predictor = new Predictor(model)
    const [left, right] = [tensor([[1, 2, 3]]), tensor([[4, 5]])]
    const wanted = model.callAll([left, right]).map((output) => [...output.data()])
    const found: number[][][] = []
    const batches = [
      [left, right],
      { right, left },
      [
        [left, right],
        [tensor([1]), tensor([2])],
      ] as const,
    ]
    for await (const outputs of predictBatches(predictor, 2, batches))
      found.push(outputs.map((output) => [...output.data()]))
    expect(found).toEqual([wanted, wanted, wanted])
  })
})

describe('predict with several outputs', () => {
  const left = tensor(
    Float32Array.from({ length: 21 }, (_, i) => Math.sin(i)),
    [7, 3],
  )
  const right = tensor(
    Float32Array.from({ length: 14 }, (_, i) => Math.cos(i)),
    [7, 2],
  )

  it('gives a tensor for each, batch by batch', async () => {
    const model = new TwoByTwo()
    const predictor = new Predictor(model)
    const wanted = model.callAll([left, right])
    for (const x of [[left, right], { left, right }, [left.toArray(), right.toArray()]]) {
      const outputs = await predictor.run(x, { batchSize: 3 })
      expect(outputs.map(({ shape }) => shape)).toEqual([
        [7, 3],
        [7, 1],
      ])
      expect(outputs.map((output) => [...output.data()])).toEqual(wanted.map((output) => [...output.data()]))
      expect(predictor.runSync(x).map((output) => [...output.data()])).toEqual(
        wanted.map((output) => [...output.data()]),
      )
    }
  })

  it('tells apart outputs that share their memory, and copies what only passes through', async () => {
    const model = new TwoByTwo()
    const views = Object.assign(Object.create(model) as TwoByTwo, {
      outputNames: ['a', 'b', 'c', 'd'],
      callAll: ([left, right]: readonly Tensor[]) => {
        const both = concat([left as Tensor, right as Tensor], 1)
        return [both.reshape([-1, 1, 5]), both, (left as Tensor).reshape([-1, 3, 1]), left as Tensor]
      },
    })
    const predictor = new Predictor(views)
    const wanted = [...concat([left, right], 1).data()]
    for (const batchSize of [3, 7, 32]) {
      for (const output of await predictor.run([left, right], { batchSize })) output.dispose()
      await settle()
      const before = native.memory().tensors
      const outputs = await predictor.run([left, right], { batchSize })
      expect(outputs.map(({ shape }) => shape)).toEqual([
        [7, 1, 5],
        [7, 5],
        [7, 3, 1],
        [7, 3],
      ])
      expect([...(outputs[0] as Tensor).data()]).toEqual(wanted)
      expect([...(outputs[1] as Tensor).data()]).toEqual(wanted)
      expect([...(outputs[2] as Tensor).data()]).toEqual([...left.data()])
      expect([...(outputs[3] as Tensor).data()]).toEqual([...left.data()])
      for (const output of outputs) output.dispose()
      expect(native.memory().tensors).toBe(before)
    }
  })

  it('refuses an output whose first axis does not count the samples', async () => {
    const model = new TwoByTwo()
    const sums = Object.assign(Object.create(model) as TwoByTwo, {
      callAll: ([left, right]: readonly Tensor[]) => [(left as Tensor).sum(0), right as Tensor],
    })
    await expect(new Predictor(sums).run([left, right], { batchSize: 2 })).rejects.toMatchObject({
      code: 'ERR_SHAPE',
      message: expect.stringMatching(/"kind" is \[3\] for a batch of 2/),
    })
  })

  it('refuses other inputs than the model has, and unknown options', async () => {
    const predictor = new Predictor(new TwoByTwo())
    const refused: [unknown, RegExp][] = [
      [left, /"left", "right"/],
      [[left], /a list of 1/],
      [{ left, rigth: right }, /"rigth"/],
      [{ left }, /no part "right"/],
      [[left, right.slice([0], [3])], /x "left" has 7 samples, x "right" has 3/],
    ]
    for (const [x, message] of refused)
      await expect(predictor.run(x, {})).rejects.toMatchObject({
        code: 'ERR_ARGUMENT',
        message: expect.stringMatching(message),
      })
    await expect(predictor.run([left, right], { batchsize: 3 } as never)).rejects.toMatchObject({
      message: expect.stringMatching(/Did you mean "batchSize"/),
    })
  })
})

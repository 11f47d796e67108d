import { describe, expect, it } from 'vitest'
import { Dataset } from '../../lib/data/dataset.js'
import { sequential } from '../../lib/model/index.js'
import { native } from '../../lib/native/binding.js'
import { layers } from '../../lib/nn/index.js'
import { tensor } from '../../lib/tensor/creation.js'
import type { FitOptions } from '../../lib/train/fit-options.js'
import { settle } from '../helpers/settle.js'
import { classifier, points, weightsOf } from './helpers.js'

const { x, y } = points()
const batch = (i: number) => [x.slice(i * 8, i * 8 + 8), y.slice(i * 8, i * 8 + 8)] as const

/** Batches of eight, which may fail at one; notes what was done with it. */
function stream(failsAt = Number.POSITIVE_INFINITY) {
  const state = { asked: 0, closed: 0 }
  const batches = {
    [Symbol.asyncIterator]() {
      let at = 0
      return {
        async next() {
          state.asked++
          if (at === failsAt) throw new RangeError('dried up')
          return at < 5 ? { done: false as const, value: batch(at++) } : { done: true as const, value: undefined }
        },
        async return() {
          state.closed++
          return { done: true as const, value: undefined }
        },
      }
    },
  }
  return { batches, state }
}

describe('a stream', () => {
  it('that throws ends the fit with its error and the weights of the last whole step', async () => {
    const wanted = classifier()
    await wanted.fit(new Set([batch(0), batch(1), batch(2)]), undefined, { verbose: 0 })
    for (const onBatchEnd of [undefined, () => {}]) {
      const model = classifier()
      const { batches, state } = stream(3)
      const callbacks = onBatchEnd === undefined ? [] : { onBatchEnd }
      const running = model.fit(batches, undefined, { verbose: 0, callbacks })
      await expect(running).rejects.toThrow(new RangeError('dried up'))
      expect(weightsOf(model)).toEqual(weightsOf(wanted))
      // What failed by itself is not closed.
      expect(state.closed).toBe(0)
      await expect(model.fit(x, y, { verbose: 0 })).resolves.toMatchObject({ epoch: [0] })
    }
  })

  it('that throws while it validates or is evaluated rejects with its error', async () => {
    const model = classifier()
    const options = { verbose: 0, validationData: stream(2).batches } as const
    await expect(model.fit(x, y, options)).rejects.toThrow(RangeError)
    await expect(model.evaluate(stream(2).batches)).rejects.toThrow(RangeError)
  })

  it('is closed when the run ends before it', async () => {
    const model = classifier()
    const { batches, state } = stream()
    const onBatchEnd = (step: number, _: unknown, run: { stop(reason: 'early'): void }): void => {
      if (step === 1) run.stop('early')
    }
    expect(await model.fit(batches, undefined, { verbose: 0, callbacks: { onBatchEnd } })).toMatchObject({
      stopped: 'early',
    })
    expect(state.closed).toBe(1)
  })

  it('is closed when a step fails, and what was pulled is freed', async () => {
    const model = classifier()
    const wrong = [x.slice(0, 8), y.slice(0, 8).map((label) => label + 2)] as const
    const run = async (): Promise<number> => {
      let closed = 0
      const batches = (function* () {
        try {
          yield batch(0)
          yield wrong
          yield batch(1)
        } finally {
          closed++
        }
      })()
      await expect(model.fit(batches, undefined, { verbose: 0 })).rejects.toMatchObject({ code: 'ERR_ARGUMENT' })
      return closed
    }
    expect(await run()).toBe(1)
    await settle()
    const { tensors } = native.memory()
    expect(await run()).toBe(1)
    expect(native.memory().tensors).toBe(tensors)
  })

  it('of something else than batches is refused', async () => {
    for (const wrong of [[tensor(x)], [tensor(x), tensor(y), tensor(y), tensor(y)], 3, null])
      await expect(classifier().fit(new Set([wrong as never]), undefined, { verbose: 0 })).rejects.toMatchObject({
        code: 'ERR_ARGUMENT',
        message: expect.stringContaining('[x, y] or [x, y, sampleWeight]'),
      })
  })

  it('that has nothing to give for long does not hold up an abort', async () => {
    const state = { asked: 0, closed: 0 }
    const waiting = {
      [Symbol.asyncIterator]: () => ({
        next: () =>
          state.asked++ === 0 ? Promise.resolve({ done: false, value: batch(0) }) : new Promise<never>(() => {}),
        return: () => {
          state.closed++
          return new Promise<never>(() => {})
        },
      }),
    }
    const model = classifier()
    for (const options of [{}, { stepsPerEpoch: 3 }, { callbacks: { onBatchEnd() {} } }]) {
      Object.assign(state, { asked: 0, closed: 0 })
      const signal = AbortSignal.timeout(50)
      const history = await model.fit(waiting, undefined, { verbose: 0, signal, ...options })
      expect(history).toEqual({ epoch: [], history: {}, stopped: 'aborted' })
      expect(state).toEqual({ asked: 2, closed: 1 })
    }
    Object.assign(state, { asked: 0, closed: 0 })
    const validating = { verbose: 0, signal: AbortSignal.timeout(50), validationData: waiting } as const
    await expect(model.fit(x, y, validating)).resolves.toMatchObject({ epoch: [], stopped: 'aborted' })
    Object.assign(state, { asked: 0, closed: 0 })
    const signal = AbortSignal.timeout(50)
    await expect(model.evaluate(waiting, undefined, { signal })).rejects.toMatchObject({ name: 'TimeoutError' })
  })

  it('that never answers again does not hold up a run that has failed, and the first error is the one reported', async () => {
    const stalled = (data: unknown) => ({
      async *[Symbol.asyncIterator]() {
        yield data as ReturnType<typeof batch>
        await new Promise<never>(() => {})
      },
    })
    const model = classifier()
    const run = (data: unknown, options: FitOptions = {}) => model.fit(stalled(data), { verbose: 0, ...options })
    await expect(run([[[1, 2]], [9]])).rejects.toThrow(/label 9/)
    await expect(run([[[Number.NaN, 2]], [1]], { callbacks: 'terminateOnNaN' })).resolves.toMatchObject({
      stopped: 'notFinite',
    })
    const mine = new RangeError('mine')
    const controller = new AbortController()
    const fail = (): never => {
      throw mine
    }
    const abortAndFail = (): never => {
      controller.abort()
      throw mine
    }
    await expect(run(batch(0), { callbacks: { onBatchEnd: fail } })).rejects.toBe(mine)
    const { signal } = controller
    await expect(run(batch(0), { signal, callbacks: { onBatchEnd: abortAndFail } })).rejects.toBe(mine)
    const stop = (): void => {
      model.stopTraining = true
    }
    await expect(run(batch(0), { callbacks: { onBatchEnd: stop } })).resolves.toMatchObject({ stopped: 'early' })
  })

  it('whose return throws is told of where all else went well, and passed over where something else went wrong', async () => {
    const error = new RangeError('not closed')
    const closing = (end: () => Promise<never>) => ({
      [Symbol.asyncIterator]: () => ({ next: async () => ({ done: false, value: batch(0) }), return: end }),
    })
    const throws = closing(() => Promise.reject(error))
    const never = closing(() => new Promise<never>(() => {}))
    const model = classifier()
    const options = { stepsPerEpoch: 1, verbose: 0 } as const
    await expect(model.fit(throws, options)).rejects.toBe(error)
    await expect(model.fit(never, options)).resolves.toMatchObject({ epoch: [0] })
    const mine = new Error('mine')
    const onEpochEnd = (): never => {
      throw mine
    }
    for (const stream of [throws, never])
      await expect(model.fit(stream, { ...options, callbacks: { onEpochEnd } })).rejects.toBe(mine)
    for (const stream of [throws, never])
      await expect(model.fit(stream, { verbose: 0, signal: AbortSignal.timeout(30) })).resolves.toMatchObject({
        stopped: 'aborted',
      })
  })

  it('without end is not pulled any more once the run is aborted, whatever lies between', async () => {
    let pulled = 0
    const endless = Dataset.fromIterable(function* () {
      for (;;) yield [[pulled++, 1], 0]
    })
    for (const dataset of [
      endless.shuffle(1e9).batch(2),
      endless.skip(1e12).batch(2),
      endless.filter(() => false).batch(2),
      endless.batch(2 ** 40),
      Dataset.fromCsv(
        function* () {
          for (;;) yield `${pulled++},1\n`
        },
        { header: false },
      )
        .filter(() => false)
        .batch(2),
      endless.batch(2).prefetch(4),
      endless
        .map((sample) => sample)
        .skip(1e12)
        .repeat()
        .batch(2)
        .prefetch(1),
      Dataset.fromTensors([x, y]).repeat().skip(1e12).batch(2),
    ]) {
      const model = sequential({ layers: [layers.dense({ units: 2, activation: 'softmax' })] })
      model.compile({ optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy' })
      const { stopped } = await model.fit(dataset as never, { verbose: 0, signal: AbortSignal.timeout(50) })
      expect(stopped).toBe('aborted')
      await new Promise((resolve) => setTimeout(resolve, 30))
      const before = { pulled, tensors: native.memory().tensors }
      await new Promise((resolve) => setTimeout(resolve, 50))
      expect({ pulled, tensors: native.memory().tensors }).toEqual(before)
    }
  })

  it('that answers after an abort leaves nothing behind', async () => {
    let answer = (_: { done: false; value: ReturnType<typeof batch> }): void => {}
    let asked = 0
    const late = {
      [Symbol.asyncIterator]: () => ({
        next: () =>
          asked++ === 0
            ? Promise.resolve({ done: false as const, value: batch(0) })
            : new Promise<{ done: false; value: ReturnType<typeof batch> }>((resolve) => {
                answer = resolve
              }),
      }),
    }
    const model = classifier()
    await model.fit(late, undefined, { verbose: 0, signal: AbortSignal.timeout(50) })
    await settle()
    const { tensors } = native.memory()
    answer({ done: false, value: batch(1) })
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(native.memory().tensors).toBe(tensors)
    expect(asked).toBe(2)
  })

  it('of nested arrays may be an array, too', async () => {
    const nested = [0, 1, 2].map((i) => [batch(i)[0], [...batch(i)[1]]] as const)
    const [wanted, model] = [classifier(), classifier()]
    await wanted.fit(new Set(nested), undefined, { verbose: 0 })
    await model.fit(nested, undefined, { verbose: 0 })
    expect(weightsOf(model)).toEqual(weightsOf(wanted))
    expect(await model.evaluate(nested)).toEqual(await model.evaluate(new Set(nested)))
    await expect(model.fit(x as never)).rejects.toThrow(/y is missing/)
    await expect(model.fit(function* () {} as never)).rejects.toThrow(/got a function; call it/)
    await expect(model.fit(undefined as never)).rejects.toThrow(/needs x and y, or an iterable .* got undefined/)
  })
})

describe('options of runs', () => {
  it('without a loss are refused', () => {
    for (const options of [undefined, {}, null])
      expect(() => classifier({ compile: false }).compile(options as never)).toThrow(
        expect.objectContaining({ code: 'ERR_ARGUMENT', message: expect.stringMatching(/^\[compile\]/) }),
      )
  })

  it('that are unknown or contradictory are refused', async () => {
    const model = classifier()
    const dataset = Dataset.fromTensors([x, y])
    const refused: [() => Promise<unknown>, RegExp][] = [
      [() => model.evaluate(x, y, { batchsize: 2 } as never), /^\[evaluate\].*"batchSize"/],
      [() => model.evaluate(x, y, null as never), /^\[evaluate\]/],
      [() => model.predict(x, { trainign: true } as never), /^\[predict\].*"training"/],
      [() => model.predict(x, { training: 1 } as never), /training must be true or false/],
      [() => model.fit(x, y, { epoch: 2 } as never), /^\[fit\].*"epochs"/],
      [() => model.fit(x, y, { epochs: 3, initialEpoch: 3 }), /initialEpoch 3.*epochs 3/],
      [() => model.fit(new Set([batch(0)]), undefined, { sampleWeight: [1] }), /leave the argument sampleWeight out/],
      [
        () => model.fit(new Set([batch(0)]), undefined, { batchSize: 7 }),
        /^\[fit\].* batchSize 7 would change nothing/,
      ],
      [() => model.fit(dataset.batch(3), undefined, { batchSize: 7 }), /^\[fit\].*; leave it out/],
      [
        () => model.fit(dataset.batch(3), undefined, { batchSize: 7, validationData: dataset.batch(3) }),
        /^\[fit\].* batchSize 7 would/,
      ],
      [() => model.evaluate(dataset.batch(3), undefined, { batchSize: 7 }), /^\[evaluate\].* batchSize 7 would/],
      [() => model.evaluate(new Set([batch(0)]), undefined, { batchSize: 0 }), /whole number from 1, got 0/],
    ]
    for (const [run, message] of refused)
      await expect(run()).rejects.toMatchObject({ code: 'ERR_ARGUMENT', message: expect.stringMatching(message) })
  })

  it('size the batches of validation data in memory beside a stream, and data in memory beside a validation stream', async () => {
    const lossOf = (found: { history: Record<string, number[]> }) => found.history.val_loss?.[0]
    const fixed = () => classifier({ learningRate: 0 })
    const options = { verbose: 0, batchSize: 7 } as const
    const stream = [batch(0), batch(1)]
    const beside = await fixed().fit(new Set(stream), undefined, { ...options, validationData: [x, y] })
    expect(lossOf(beside)).toBe((await fixed().evaluate(x, y, { batchSize: 7 })).loss)
    const other = await fixed().fit(x, y, { ...options, validationData: new Set(stream) })
    expect(lossOf(other)).toBe((await fixed().evaluate(new Set(stream))).loss)
  })
})

import { describe, expect, it } from 'vitest'
import { runtime } from '../../../lib/native/runtime.js'
import { sgd } from '../../../lib/optim/rules/sgd.js'
import type { Callback } from '../../../lib/train/callbacks/callback.js'
import { earlyStopping, terminateOnNaN } from '../../../lib/train/callbacks/index.js'
import { settle } from '../../helpers/settle.js'
import { classifier, points, weightsOf } from '../helpers.js'

const { x, y } = points()
const validationData = [points(60).x.slice(40), points(60).y.slice(40)] as const
/** The batches are those of the validation in fit: sums over other batches round otherwise. */
const asInFit = { batchSize: 8 }
const common = { epochs: 12, batchSize: 8, verbose: 0, validationData, seed: 1 } as const

/** Lets the loss get worse from the sixth epoch on, by climbing. */
const spoil: Callback = {
  onEpochEnd(epoch, _logs, { optimizer }) {
    if (epoch === 4) optimizer.learningRate = 50
  },
}

describe('the best weights come back', () => {
  const cases: [string, Callback, string | undefined][] = [
    ['after the last epoch', {}, undefined],
    ['after a stop by another callback', { onEpochEnd: (i, _logs, run) => void (i === 8 && run.stop()) }, 'early'],
    [
      'after a stop in the middle of an epoch',
      { onBatchEnd: (i, _logs, run) => void (i === 2 && later() && run.stop()) },
      'early',
    ],
  ]
  let epochs = 0
  const later = (): boolean => epochs++ > 8

  it.each(cases)('%s', async (_, callback, stopped) => {
    epochs = 0
    const model = classifier()
    const stopping = earlyStopping({ patience: 99, restoreBestWeights: true })
    const history = await model.fit(x, y, { ...common, callbacks: [stopping, spoil, callback] })
    expect(history.stopped).toBe(stopped)
    const figures = history.history.val_loss as number[]
    expect(stopping.best).toBe(Math.min(...figures))
    expect(stopping.bestEpoch).toBe(figures.indexOf(stopping.best))
    expect(figures.at(-1)).toBeGreaterThan(stopping.best)
    expect((await model.evaluate(...validationData, asInFit)).loss).toBe(stopping.best)
  })

  it('after its own stop, patience epochs after the best one', async () => {
    const model = classifier()
    const stopping = earlyStopping({ patience: 2, restoreBestWeights: true })
    const { epoch, history, stopped } = await model.fit(x, y, { ...common, callbacks: [stopping, spoil] })
    expect(stopped).toBe('early')
    expect(stopping.stoppedEpoch).toBe((stopping.bestEpoch as number) + 2)
    expect(epoch.length).toBe((stopping.stoppedEpoch as number) + 1)
    expect((await model.evaluate(...validationData, asInFit)).loss).toBe(
      history.val_loss?.[stopping.bestEpoch as number],
    )
  })

  it('after an abort', async () => {
    const model = classifier()
    const abort = new AbortController()
    const stopping = earlyStopping({ patience: 99, restoreBestWeights: true })
    const callbacks = [stopping, spoil, { onEpochEnd: (epoch: number) => void (epoch === 9 && abort.abort()) }]
    const { stopped } = await model.fit(x, y, { ...common, callbacks, signal: abort.signal })
    expect(stopped).toBe('aborted')
    expect((await model.evaluate(...validationData, asInFit)).loss).toBe(stopping.best)
  })

  it('after an error in a callback', async () => {
    const model = classifier()
    const stopping = earlyStopping({ patience: 99, restoreBestWeights: true })
    const fail = (epoch: number): void => {
      if (epoch === 9) throw new RangeError('no more')
    }
    const callbacks = [stopping, spoil, { onEpochBegin: fail }]
    await expect(model.fit(x, y, { ...common, callbacks })).rejects.toThrow(RangeError)
    expect((await model.evaluate(...validationData, asInFit)).loss).toBe(stopping.best)
  })

  it('after an error in a stream', async () => {
    const model = classifier()
    let passes = 0
    const batches = {
      *[Symbol.iterator]() {
        yield [x, y] as const
        if (passes++ === 3) throw new RangeError('torn')
        yield [x, y] as const
      },
    }
    const stopping = earlyStopping({ patience: 99, restoreBestWeights: true })
    const options = { epochs: 9, batchSize: 8, verbose: 0, validationData, callbacks: [stopping] } as const
    await expect(model.fit(batches, undefined, options)).rejects.toThrow('torn')
    expect(stopping.bestEpoch).toBe(2)
    expect((await model.evaluate(...validationData, asInFit)).loss).toBe(stopping.best)
  })

  it('after a loss that is not finite', async () => {
    const model = classifier()
    const stopping = earlyStopping({ monitor: 'loss', patience: 99, restoreBestWeights: true })
    const poison: Callback = {
      onEpochBegin: (epoch, _logs, run) => void (epoch === 3 && run.model.weights[0]?.assign(infinite(model))),
    }
    const { epoch, stopped } = await model.fit(x, y, { ...common, callbacks: [stopping, terminateOnNaN(), poison] })
    expect(stopped).toBe('notFinite')
    expect(epoch).toEqual([0, 1, 2])
    const again = classifier()
    await again.fit(x, y, { ...common, epochs: 3 })
    expect(weightsOf(model)).toEqual(weightsOf(again))
  })
})

const infinite = (model: ReturnType<typeof classifier>) => (model.weights[0] ?? expect.fail()).mul(Number.NaN)

it('leaves the last weights without restoreBestWeights, and no tensors behind with it', async () => {
  const [plain, stopped] = [classifier(), classifier()]
  await plain.fit(x, y, { ...common, callbacks: spoil })
  await stopped.fit(x, y, { ...common, callbacks: [earlyStopping({ patience: 99 }), spoil] })
  expect(weightsOf(stopped)).toEqual(weightsOf(plain))
  await settle()
  const { tensors } = runtime.memory()
  await stopped.fit(x, y, { ...common, callbacks: [earlyStopping({ patience: 99, restoreBestWeights: true })] })
  expect(runtime.memory().tensors).toBe(tensors)
})

it('does not make fit go step by step', async () => {
  const model = classifier()
  const optimizer = sgd()
  model.compile({ optimizer, loss: 'sparseCategoricalCrossentropy' })
  const seen = new Set<number>()
  const running = model.fit(x, y, { ...common, epochs: 1, batchSize: 1, callbacks: earlyStopping({ monitor: 'loss' }) })
  const watch = setInterval(() => seen.add(optimizer.iterations))
  await running
  clearInterval(watch)
  for (const iterations of seen) expect([0, 40]).toContain(iterations)
})

describe('is refused with', () => {
  const wrong: [string, () => unknown, RegExp][] = [
    ['a negative patience', () => earlyStopping({ patience: -1 }), /patience.*from 0, got -1/],
    ['an unknown option', () => earlyStopping({ patients: 1 } as never), /"patients".*"patience"/],
    ['an unknown mode', () => earlyStopping({ mode: 'maximum' as never }), /mode "maximum"/],
    [
      'a name that says nothing',
      () => earlyStopping({ monitor: 'val_score' }),
      /"val_score".* by its name\. Known: loss, accuracy, .* val_ before it; another figure needs mode 'min' or 'max'/,
    ],
    ['a slip', () => earlyStopping({ monitor: 'val_los' }), /"val_los".*\. Did you mean "val_loss"\? Known: loss, /],
    ['a wrong case', () => earlyStopping({ monitor: 'Val_Loss ' }), /Did you mean "val_loss"\?/],
    ['a negative minDelta', () => earlyStopping({ minDelta: -1 }), /minDelta.*from 0, got -1/],
    ['a baseline that is no number', () => earlyStopping({ baseline: Number.NaN }), /baseline.*NaN/],
    ['null', () => earlyStopping(null as never), /options must be an object/],
  ]
  it.each(wrong)('%s', (_, make, message) => {
    expect(make).toThrow(expect.objectContaining({ code: 'ERR_ARGUMENT', message: expect.stringMatching(message) }))
  })

  it('a figure that will not be there, before the first step', async () => {
    const model = classifier()
    const before = weightsOf(model)
    const refused = (options: object, data: object) =>
      expect(model.fit(x, y, { verbose: 0, ...data, callbacks: earlyStopping(options) })).rejects
    await refused({ monitor: 'val_accurcy', mode: 'max' }, { validationSplit: 0.2 }).toThrow(
      /unknown figure to monitor "val_accurcy". Did you mean "val_accuracy"\? Known: loss, accuracy, val_loss, val_accuracy, learningRate/,
    )
    await refused({}, {}).toThrow(/"val_loss" needs validation data/)
    expect(weightsOf(model)).toEqual(before)
  })

  it('the same of a stream, after the first epoch', async () => {
    const callbacks = earlyStopping()
    await expect(classifier().fit(new Set([[x, y] as const]), undefined, { verbose: 0, callbacks })).rejects.toThrow(
      /needs validation/,
    )
  })
})

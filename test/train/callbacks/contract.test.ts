import { describe, expect, it } from 'vitest'
import * as myelin from '../../../lib/index.js'
import type { Callback, TrainingRun } from '../../../lib/train/callbacks/callback.js'
import { classifier, points, weightsOf } from '../helpers.js'

const { x, y } = points()
const common = { epochs: 4, batchSize: 8, verbose: 0, seed: 3 } as const
const refused = (message: RegExp) => ({ code: 'ERR_ARGUMENT', message: expect.stringMatching(message) })

it('the names are in the public namespace', () => {
  expect(Object.keys(myelin.callbacks).sort()).toEqual([
    'backupAndRestore',
    'csvLogger',
    'earlyStopping',
    'learningRateFinder',
    'learningRateScheduler',
    'reduceLROnPlateau',
    'terminateOnNaN',
  ])
})

describe('a run', () => {
  it('tells what there will be', async () => {
    let seen: Partial<TrainingRun> = {}
    const onTrainBegin: Callback['onTrainBegin'] = (_logs, { epochs, steps, figures }) => {
      seen = { epochs, steps, figures }
    }
    await classifier().fit(x, y, { ...common, callbacks: { onTrainBegin } })
    expect(seen).toEqual({ epochs: 4, steps: 5, figures: ['loss', 'accuracy', 'learningRate'] })
    await classifier().fit(x, y, { ...common, validationSplit: 0.2, callbacks: { onTrainBegin } })
    expect(seen.figures).toEqual(['loss', 'accuracy', 'val_loss', 'val_accuracy', 'learningRate'])
  })

  it('has the loss of each batch alone', async () => {
    const means: number[] = []
    const losses: number[] = []
    await classifier().fit(x, y, {
      ...common,
      epochs: 1,
      callbacks: {
        onBatchEnd: (_batch, { loss = 0 }, { stepLoss = 0 }) => {
          means.push(loss)
          losses.push(stepLoss)
        },
      },
    })
    const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
    expect(new Set(losses).size).toBe(5)
    means.forEach((value, i) => {
      expect(value).toBeCloseTo(mean(losses.slice(0, i + 1)), 6)
    })
  })

  it("ends by model.stopTraining, as in Keras, after the hook's batch or epoch", async () => {
    const stoppedBy = async (hook: 'onEpochBegin' | 'onBatchBegin' | 'onBatchEnd' | 'onEpochEnd', index: number) => {
      const models = [classifier(), classifier()] as const
      const [byModel, byRun] = models
      const results = [
        await byModel.fit(x, y, {
          ...common,
          callbacks: {
            [hook]: (i: number) => {
              if (i === index) byModel.stopTraining = true
            },
          },
        }),
        await byRun.fit(x, y, {
          ...common,
          callbacks: {
            [hook]: (i: number, _logs: unknown, run: TrainingRun) => (i === index ? run.stop() : undefined),
          },
        }),
      ] as const
      expect(results[0]).toEqual(results[1])
      expect(weightsOf(byModel)).toEqual(weightsOf(byRun))
      expect(results[0].stopped).toBe('early')
      return results[0].epoch
    }
    expect(await stoppedBy('onEpochEnd', 1)).toEqual([0, 1])
    expect(await stoppedBy('onEpochEnd', 3)).toEqual([0, 1, 2, 3])
    expect(await stoppedBy('onEpochBegin', 2)).toEqual([0, 1])
    expect(await stoppedBy('onBatchBegin', 2)).toEqual([0])
    expect(await stoppedBy('onBatchEnd', 2)).toEqual([0])
  })

  it('begins by forgetting stopTraining, which is a flag', async () => {
    const model = classifier()
    expect(model.stopTraining).toBe(false)
    model.stopTraining = true
    expect(await model.fit(x, y, common)).toMatchObject({ epoch: [0, 1, 2, 3] })
    expect(model.stopTraining).toBe(false)
    expect(() => {
      model.stopTraining = 'yes' as never
    }).toThrow(expect.objectContaining(refused(/stopTraining/)))
  })

  it('stops early without a reason, and refuses an unknown one', async () => {
    const stop = await classifier().fit(x, y, { ...common, callbacks: { onEpochEnd: (_i, _logs, run) => run.stop() } })
    expect(stop).toMatchObject({ epoch: [0], stopped: 'early' })
    const wrong: Callback = { onEpochEnd: (_i, _logs, run) => run.stop('aborted' as never) }
    await expect(classifier().fit(x, y, { ...common, callbacks: wrong })).rejects.toMatchObject(
      refused(/\[stop\] unknown reason to stop "aborted".*early, notFinite/),
    )
  })

  it('refuses a hook that nobody would call', async () => {
    const run = classifier().fit(x, y, { ...common, callbacks: { onEpochFinish() {} } as Callback })
    await expect(run).rejects.toMatchObject(refused(/\[fit\] unknown hook of a callback "onEpochFinish"/))
  })

  it.each(['nothing', 'earlyStoping', 3, null])('refuses %s as a callback', async (callback) => {
    const run = classifier().fit(x, y, { ...common, callbacks: [callback as never] })
    await expect(run).rejects.toMatchObject(refused(/\[fit\].*callback/))
  })
})

describe('the end', () => {
  it('is told to all that began, when the run fails too, and the first error is the one that is thrown', async () => {
    const ends: string[] = []
    const named = (name: string, callback: Callback = {}): Callback => ({
      onTrainEnd: ({ loss }) => {
        ends.push(`${name} ${loss === undefined ? 'without figures' : 'with figures'}`)
        throw new Error(`${name} at its end`)
      },
      ...callback,
    })
    const failing = named('b', {
      onEpochBegin: (epoch) => {
        if (epoch === 1) throw new RangeError('first')
      },
    })
    const run = classifier().fit(x, y, { ...common, callbacks: [named('a'), failing] })
    await expect(run).rejects.toThrow(new RangeError('first'))
    expect(ends).toEqual(['a with figures', 'b with figures'])
  })

  it('is not told to those that did not begin', async () => {
    const ends: string[] = []
    const callbacks: Callback[] = [
      { onTrainEnd: () => void ends.push('a') },
      { onTrainBegin: () => Promise.reject(new RangeError('no')), onTrainEnd: () => void ends.push('b') },
      { onTrainEnd: () => void ends.push('c') },
    ]
    await expect(classifier().fit(x, y, { ...common, callbacks })).rejects.toThrow('no')
    expect(ends).toEqual(['a', 'b'])
  })

  it('fails a run that went well if it fails itself', async () => {
    const callbacks = { onTrainEnd: () => Promise.reject(new RangeError('cannot close')) }
    await expect(classifier().fit(x, y, { ...common, callbacks })).rejects.toThrow('cannot close')
  })
})

describe('weights', () => {
  it('can be set in a hook, and training goes on from there', async () => {
    const [model, again] = [classifier(), classifier()]
    const start = model.getWeights()
    const reset: Callback = { onEpochEnd: (epoch, _logs, run) => void (epoch === 1 && run.model.setWeights(start)) }
    const { history } = await model.fit(x, y, { ...common, shuffle: false, callbacks: reset })
    expect(history.loss?.slice(2)).toEqual(history.loss?.slice(0, 2))
    await again.fit(x, y, { ...common, shuffle: false, epochs: 2 })
    expect(weightsOf(model)).toEqual(weightsOf(again))
  })

  it('can be set between batches', async () => {
    const model = classifier()
    const start = model.getWeights()
    const reset: Callback = { onBatchEnd: () => model.setWeights(start) }
    const before = weightsOf(model)
    await model.fit(x, y, { ...common, callbacks: reset })
    expect(weightsOf(model)).toEqual(before)
  })

  it('cannot be set by others meanwhile', async () => {
    const model = classifier()
    const start = model.getWeights()
    const running = model.fit(x, y, { ...common, callbacks: { onEpochEnd() {} } })
    expect(() => model.setWeights(start)).toThrow(expect.objectContaining({ code: 'ERR_BUSY' }))
    await running
    model.setWeights(start)
  })

  it('cannot be set during the steps of a run, though a hook of one before has not come to its end', async () => {
    const model = classifier()
    const start = model.getWeights()
    const abort = new AbortController()
    let release = (): void => {}
    const left = new Promise<void>((resolve) => {
      release = resolve
    })
    const onEpochEnd = (): Promise<void> => {
      abort.abort()
      return left
    }
    await model.fit(x, y, { ...common, signal: abort.signal, callbacks: { onEpochEnd } })
    const running = model.fit(x, y, common)
    expect(() => model.setWeights(start)).toThrow(expect.objectContaining({ code: 'ERR_BUSY' }))
    release()
    await running
  })
})

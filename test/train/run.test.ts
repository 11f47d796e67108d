import { setTimeout } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import type { Callback } from '../../lib/train/callbacks/callback.js'
import { classifier, points, weightsOf } from './helpers.js'

const { x, y } = points()

describe('callbacks', () => {
  it('are called in order, and awaited', async () => {
    const calls: string[] = []
    const first: Callback = {
      onTrainBegin: () => void calls.push('trainBegin'),
      onEpochBegin: (epoch) => void calls.push(`epochBegin ${epoch}`),
      onBatchBegin: (batch) => void calls.push(`batchBegin ${batch}`),
      onBatchEnd: (batch, logs) => void calls.push(`batchEnd ${batch} ${Object.keys(logs)}`),
      onEpochEnd: async (epoch, logs) => {
        await setTimeout(5)
        calls.push(`epochEnd ${epoch} ${Object.keys(logs)}`)
      },
      onTrainEnd: () => void calls.push('trainEnd'),
    }
    const second: Callback = { onEpochEnd: () => void calls.push('second') }
    await classifier().fit(x, y, { batchSize: 20, verbose: 0, callbacks: [first, second] })
    expect(calls).toEqual([
      'trainBegin',
      'epochBegin 0',
      'batchBegin 0',
      'batchEnd 0 loss,accuracy',
      'batchBegin 1',
      'batchEnd 1 loss,accuracy',
      'epochEnd 0 loss,accuracy,learningRate',
      'second',
      'trainEnd',
    ])
  })

  it('can change the rate and end the run', async () => {
    const model = classifier()
    const { epoch, history, stopped } = await model.fit(x, y, {
      epochs: 9,
      verbose: 0,
      callbacks: {
        onEpochBegin(number, _, run) {
          expect(run.model).toBe(model)
          run.optimizer.learningRate = 0.1 / (1 + number)
        },
        onEpochEnd(number, _, run) {
          if (number === 1) run.stop('early')
        },
      },
    })
    expect(epoch).toEqual([0, 1])
    expect(history.learningRate).toEqual([0.1, 0.05])
    expect(stopped).toBe('early')
  })

  it('that fail fail the run, and the model can be trained again', async () => {
    const model = classifier()
    const onBatchEnd = (): void => {
      throw new RangeError('no')
    }
    await expect(model.fit(x, y, { verbose: 0, callbacks: { onBatchEnd } })).rejects.toThrow(RangeError)
    await expect(model.fit(x, y, { verbose: 0 })).resolves.toMatchObject({ epoch: [0] })
  })
})

describe('abort', () => {
  it('ends the run after a whole step', async () => {
    const controller = new AbortController()
    const model = classifier()
    const onTrainEnd = vi.fn()
    let weights: number[][] = []
    const { epoch, stopped } = await model.fit(x, y, {
      epochs: 5,
      batchSize: 10,
      verbose: 0,
      signal: controller.signal,
      callbacks: {
        onTrainEnd,
        onBatchEnd(batch) {
          if (batch === 2) controller.abort()
          weights = weightsOf(model)
        },
      },
    })
    expect(stopped).toBe('aborted')
    expect(epoch).toEqual([])
    expect(weightsOf(model)).toEqual(weights)
    expect(onTrainEnd).toHaveBeenCalledOnce()
  })

  it('ends a run whose hook does not come to its end', async () => {
    const onTrainEnd = vi.fn()
    const hang = (): Promise<void> => new Promise(() => {})
    for (const hook of ['onTrainBegin', 'onEpochBegin', 'onBatchEnd', 'onEpochEnd'] as const) {
      const callbacks = [{ [hook]: hang }, { onTrainEnd }]
      const signal = AbortSignal.timeout(20)
      await expect(classifier().fit(x, y, { verbose: 0, signal, callbacks })).resolves.toMatchObject({
        stopped: 'aborted',
      })
    }
    expect(onTrainEnd.mock.calls.length).toBe(4)
    const signal = AbortSignal.timeout(20)
    await classifier().fit(x, y, { epochs: 1e6, verbose: 0, signal, callbacks: { onTrainEnd: hang } })
  })

  it('ends any number of runs at once, without a warning', async () => {
    const warned = vi.fn()
    process.on('warning', warned)
    const controller = new AbortController()
    const runs = Array.from({ length: 40 }, () =>
      classifier().fit(x, y, { epochs: 1e6, batchSize: 1, verbose: 0, signal: controller.signal }),
    )
    await setTimeout(20)
    const before = performance.now()
    const answer = await classifier({ compile: false }).predict(x)
    expect(answer.shape).toEqual([40, 2])
    expect(performance.now() - before).toBeLessThan(1000)
    controller.abort()
    for (const run of runs) expect((await run).stopped).toBe('aborted')
    process.off('warning', warned)
    expect(warned).not.toHaveBeenCalled()
  })

  it('before the start changes nothing', async () => {
    const model = classifier()
    const before = weightsOf(model)
    await expect(model.fit(x, y, { verbose: 0, signal: AbortSignal.abort() })).resolves.toMatchObject({
      stopped: 'aborted',
    })
    expect(weightsOf(model)).toEqual(before)
  })

  it('rejects evaluate and predict with the reason', async () => {
    const reason = new Error('enough')
    const options = { signal: AbortSignal.abort(reason) }
    await expect(classifier().evaluate(x, y, options)).rejects.toBe(reason)
    await expect(classifier().predict(x, options)).rejects.toBe(reason)
  })
})

describe('while a model trains', () => {
  it('another fit, compile, add and setWeights are refused', async () => {
    const model = classifier()
    const weights = model.getWeights()
    const running = model.fit(x, y, { epochs: 3, verbose: 0 })
    const busy = expect.objectContaining({ code: 'ERR_BUSY' })
    await expect(model.fit(x, y)).rejects.toEqual(busy)
    expect(() => model.compile({ loss: 'meanSquaredError' })).toThrow(busy)
    expect(() => model.setWeights(weights)).toThrow(busy)
    await expect(running).resolves.toMatchObject({ epoch: [0, 1, 2] })
    model.setWeights(weights)
  })

  it('predict and evaluate see whole steps', async () => {
    const model = classifier()
    const running = model.fit(x, y, { epochs: 20, batchSize: 1, verbose: 0 })
    const outputs = await model.predict(x)
    expect(outputs.shape).toEqual([40, 2])
    expect((await model.evaluate(x, y)).loss).toBeGreaterThan(0)
    await running
  })
})

describe('reports', () => {
  it('a line an epoch without a terminal', async () => {
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
    try {
      await classifier().fit(x, y, { epochs: 2, verbose: 2 })
      const lines = write.mock.calls.map(([text]) => String(text)).filter((text) => text.startsWith('Epoch'))
      expect(lines).toHaveLength(2)
      expect(lines[1]).toMatch(/^Epoch 2\/2 {2}2 steps {2}[\d.]+ s {2}loss \d\.\d{4} {2}accuracy \d\.\d{4}\n$/)
    } finally {
      write.mockRestore()
    }
  })
})

import { describe, expect, it } from 'vitest'
import { callbacks, layers, metrics, optimizers, sequential } from '../../lib/index.js'
import { failure } from '../helpers/failure.js'

const line = (name: string) => sequential({ name, layers: [layers.dense({ units: 1, inputShape: [1] })] })
const loss = 'meanSquaredError'

describe('what keeps account of one model is not shared by two', () => {
  it('an optimizer', () => {
    const [a, b] = [line('a'), line('b')]
    const optimizer = optimizers.adam()
    a.compile({ optimizer, loss })
    a.compile({ optimizer, loss })
    expect(failure(() => b.compile({ optimizer, loss }))).toEqual({
      code: 'ERR_ARGUMENT',
      message: '[compile] the optimizer adam is that of the model "a"; make one for each model, by optimizers.adam(…)',
    })
    expect(failure(() => b.optimizer).message).toContain('has no loss')
    a.compile({ optimizer: 'sgd', loss })
    b.compile({ optimizer, loss })
    expect(b.optimizer).toBe(optimizer)
  })

  it('a metric', async () => {
    const [a, b] = [line('a'), line('b')]
    const auc = metrics.auc()
    a.compile({ loss, metrics: [auc] })
    expect(failure(() => b.compile({ loss, metrics: [auc] })).message).toBe(
      '[compile] the metric "auc" is that of the model "a"; make one for each model, by metrics.…(…)',
    )
    // What is refused changes nothing: the optimizer is still free.
    const optimizer = optimizers.sgd()
    expect(failure(() => b.compile({ optimizer, loss, metrics: [auc] })).code).toBe('ERR_ARGUMENT')
    line('c').compile({ optimizer, loss })
    a.compile({ loss })
    b.compile({ loss, metrics: [auc] })
    expect(Object.keys(await b.evaluate([1], [1]))).toEqual(['loss', 'auc'])
  })

  it('a callback in two runs under way', async () => {
    const [a, b] = [line('a'), line('b')]
    for (const model of [a, b]) model.compile({ loss })
    const watch = callbacks.earlyStopping({ monitor: 'loss' })
    const options = { epochs: 3, verbose: 0, callbacks: watch } as const
    const first = a.fit([1], [1], options)
    await expect(b.fit([1], [1], options)).rejects.toMatchObject({
      code: 'ERR_BUSY',
      message: '[fit] a callback, an EarlyStopping, is in another run that is under way; make one for each run',
    })
    expect((await first).epoch.length).toBeGreaterThan(1)
    expect((await b.fit([1], [1], options)).epoch.length).toBeGreaterThan(1)
    await expect(b.fit([1], [1], { verbose: 0, callbacks: [watch, watch] })).rejects.toThrow(
      '[fit] a callback, an EarlyStopping, is given twice; give it once',
    )
  })

  it('but a callback is free again when its run has failed', async () => {
    const model = line('a')
    model.compile({ loss })
    const failing = {
      onEpochEnd() {
        throw new Error('enough')
      },
    }
    for (let i = 0; i < 2; i++)
      await expect(model.fit([1], [1], { verbose: 0, callbacks: failing })).rejects.toThrow('enough')
  })
})

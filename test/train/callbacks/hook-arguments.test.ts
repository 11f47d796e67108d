import { describe, expect, it } from 'vitest'
import { runtime } from '../../../lib/native/runtime.js'
import type { Callback, TrainingRun } from '../../../lib/train/callbacks/callback.js'
import * as callbacks from '../../../lib/train/callbacks/index.js'
import { classifier } from '../helpers.js'

const model = classifier()
const run: TrainingRun = { model, optimizer: model.optimizer, epochs: 2, stop() {} }
const logs = { loss: 1 }

const makers: Record<string, () => Callback> = {
  csvLogger: () => callbacks.csvLogger('/dev/null'),
  earlyStopping: () => callbacks.earlyStopping({ monitor: 'loss', restoreBestWeights: true }),
  learningRateFinder: () => callbacks.learningRateFinder(),
  learningRateScheduler: () => callbacks.learningRateScheduler((_, rate) => rate),
  reduceLROnPlateau: () => callbacks.reduceLROnPlateau({ monitor: 'loss' }),
}

/** What a hook that takes a run, figures or a number must refuse. */
const wrongRuns = [
  undefined,
  null,
  5,
  [],
  {},
  { ...run, model: { weights: [1] } },
  { ...run, optimizer: {} },
  { ...run, stop: 1 },
]
const wrongLogs = [undefined, null, 5, { loss: 'low' }]
const wrongNumbers = [undefined, null, -1, 0.5, Number.NaN, 1n, 'first']

describe.each(Object.keys(makers))('%s by hand', (name) => {
  const make = makers[name] as () => Callback
  const refused = { code: 'ERR_ARGUMENT', message: expect.stringMatching(`^\\[${name}\\] `) }
  const hooks = Object.entries({
    onTrainBegin: { logs: false, run: name !== 'csvLogger' && name !== 'learningRateScheduler' },
    onEpochBegin: { logs: false, run: true },
    onBatchBegin: { logs: false, run: true },
    onBatchEnd: { logs: true, run: true },
    onEpochEnd: { logs: name !== 'learningRateScheduler', run: name !== 'csvLogger' },
  }).filter(([hook]) => hook in make())

  it.each(hooks)(
    'refuses in %s what is no run and what are no figures, and leaves no tensor behind',
    async (hook, takes) => {
      const call = async (given: unknown, figures: unknown): Promise<void> => {
        const callback = make() as Record<string, (...args: unknown[]) => unknown>
        await (hook === 'onTrainBegin' ? callback[hook]?.(figures, given) : callback[hook]?.(0, figures, given))
      }
      const before = runtime.memory().tensors
      if (takes.run) for (const given of wrongRuns) await expect(call(given, logs)).rejects.toMatchObject(refused)
      if (takes.logs) for (const figures of wrongLogs) await expect(call(run, figures)).rejects.toMatchObject(refused)
      expect(runtime.memory().tensors).toBe(before)
    },
  )
})

it('a hook that goes by the number of an epoch refuses what is none', async () => {
  const begun = callbacks.csvLogger('/dev/null')
  await begun.onTrainBegin()
  const scheduler = callbacks.learningRateScheduler((epoch) => 1 / (epoch + 1))
  for (const epoch of wrongNumbers as number[]) {
    await expect(begun.onEpochEnd(epoch, logs)).rejects.toMatchObject({ code: 'ERR_ARGUMENT' })
    expect(() => scheduler.onEpochBegin(epoch, {}, run)).toThrow(
      'the number of the epoch or batch must be a whole number',
    )
  }
  await begun.onTrainEnd()
})

it('figures that a monitor does not watch may be anything', () => {
  const stopping = callbacks.earlyStopping({ monitor: 'loss' })
  stopping.onTrainBegin({}, run)
  stopping.onEpochEnd(0, { loss: 1, note: 'mine' } as never, run)
  expect(stopping.best).toBe(1)
})

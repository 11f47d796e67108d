import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import '../../../lib/ops/index.js'
import { sequential } from '../../../lib/model/index.js'
import { layers } from '../../../lib/nn/index.js'
import { optimizers } from '../../../lib/optim/index.js'
import { full } from '../../../lib/tensor/creation.js'
import { State } from '../../../lib/tensor/state.js'
import type { TrainingRun } from '../../../lib/train/callbacks/callback.js'
import * as callbacks from '../../../lib/train/callbacks/index.js'
import { failure } from '../../helpers/failure.js'

const folder = await mkdtemp(join(tmpdir(), 'myelin-state-'))
afterAll(() => rm(folder, { recursive: true }))

/** A run of a model of one weight, whose optimizer has a rate of 1. */
function run(): TrainingRun & { stops: string[]; kernel: (value?: number) => number } {
  const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [1], useBias: false })] })
  const [kernel] = model.weights
  if (kernel === undefined) throw new Error('the model has a weight')
  const stops: string[] = []
  return {
    model,
    optimizer: optimizers.sgd({ learningRate: 1 }),
    epochs: 9,
    stop: (reason = 'early') => stops.push(reason),
    stops,
    kernel(value) {
      if (value !== undefined) kernel.assign(full([1, 1], value))
      return kernel.item()
    },
  }
}

it('earlyStopping goes on waiting in a resumed run, and knows the best weights', () => {
  const make = () => callbacks.earlyStopping({ monitor: 'loss', patience: 2, restoreBestWeights: true })
  const [one, first] = [make(), run()]
  one.onTrainBegin({}, first)
  for (const [epoch, loss] of [3, 1, 2].entries()) {
    first.kernel(epoch)
    one.onEpochEnd(epoch, { loss }, first)
  }
  const state = one.state()
  one.onTrainEnd()
  const [other, second] = [make(), run()]
  other.onTrainBegin({}, second)
  other.restore(state)
  state.dispose()
  second.kernel(3)
  other.onEpochEnd(3, { loss: 2 }, second)
  other.onTrainEnd()
  expect([second.stops, other.best, other.bestEpoch, other.stoppedEpoch, second.kernel()]).toEqual([
    ['early'],
    1,
    1,
    3,
    1,
  ])
})

it('earlyStopping that has seen nothing yet has a state', () => {
  const one = callbacks.earlyStopping({ monitor: 'loss' })
  const state = one.state()
  expect(state.value('best')).toBe(Number.POSITIVE_INFINITY)
  one.restore(state)
  expect([one.best, one.bestEpoch]).toEqual([Number.POSITIVE_INFINITY, null])
  expect(failure(() => one.restore(new State({ best: Number.NaN })))).toMatchObject({ code: 'ERR_ARGUMENT' })
  expect(failure(() => one.restore({} as State))).toMatchObject({ code: 'ERR_ARGUMENT' })
})

it('reduceLROnPlateau goes on waiting and cooling in a resumed run', () => {
  const make = () => callbacks.reduceLROnPlateau({ monitor: 'loss', patience: 2, cooldown: 3, factor: 0.5 })
  const rates = (resumedAt: number): number[] => {
    let [callback, training] = [make(), run()]
    callback.onTrainBegin({}, training)
    return [3, 3, 3, 3, 3, 3, 3, 3, 3].map((loss, epoch) => {
      if (epoch === resumedAt) {
        const [state, rate] = [callback.state(), training.optimizer.learningRate]
        callback = make()
        training = run()
        training.optimizer.learningRate = rate
        callback.onTrainBegin({}, training)
        callback.restore(state)
      }
      callback.onEpochEnd(epoch, { loss }, training)
      return training.optimizer.learningRate
    })
  }
  const wanted = rates(-1)
  expect(new Set(wanted).size).toBe(3)
  for (let epoch = 0; epoch < 9; epoch++) expect(rates(epoch)).toEqual(wanted)
  expect(failure(() => make().restore(new State({ best: 1, waited: -1, cooling: 0 })))).toMatchObject({
    code: 'ERR_ARGUMENT',
  })
})

it('csvLogger goes on behind what was written then, and refuses a file that is shorter', async () => {
  const path = join(folder, 'run.csv')
  const one = callbacks.csvLogger(path)
  await one.onTrainBegin()
  await one.onEpochEnd(0, { loss: 3 })
  const state = one.state()
  await one.onEpochEnd(1, { loss: 2 })
  await one.onTrainEnd()
  const other = callbacks.csvLogger(path)
  await other.onTrainBegin()
  other.restore(state)
  await other.onEpochEnd(1, { loss: 1 })
  await other.onTrainEnd()
  expect(readFileSync(path, 'utf8')).toBe('epoch,loss\n0,3\n1,1\n')
  await other.onTrainBegin()
  await other.onTrainEnd()
  expect(readFileSync(path, 'utf8')).toBe('')
  await other.onTrainBegin()
  other.restore(state)
  await expect(other.onTrainEnd()).rejects.toMatchObject({
    code: 'ERR_ARGUMENT',
    message: expect.stringContaining('shorter'),
  })
})

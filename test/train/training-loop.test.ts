import { describe, expect, it } from 'vitest'
import { losses } from '../../lib/nn/index.js'
import { sgd } from '../../lib/optim/rules/sgd.js'
import { tensor } from '../../lib/tensor/creation.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import * as callbacks from '../../lib/train/callbacks/index.js'
import { compileStep } from '../../lib/train/compile-step.js'
import { TrainingLoop } from '../../lib/train/training-loop.js'
import { classifier, points, weightsOf } from './helpers.js'

const { x, y } = points()
const batches = [0, 1, 2, 3].map(
  (i) => [tensor(x.slice(i * 10, i * 10 + 10)), tensor(y.slice(i * 10, i * 10 + 10))] as const,
)

/** A model, and a loop over the batches with a step of its own. */
function loopOf(options: { callbacks?: ConstructorParameters<typeof TrainingLoop>[0]['callbacks']; epochs: number }) {
  const model = classifier()
  const optimizer = sgd({ learningRate: 0.2 })
  const step = compileStep(
    (x: Tensor, y: Tensor) => losses.sparseCategoricalCrossentropy(y, model.call(x, { training: true })),
    { parameters: model.trainableWeights, optimizer },
  )
  const loop = new TrainingLoop({ model, optimizer, ...options })
  const run = () =>
    loop.run(async () => {
      let total = 0
      for (const [i, [x, y]] of batches.entries()) {
        total += (await loop.batch(i, () => step(x, y))).loss
        if (loop.stopped) break
      }
      return { loss: total / batches.length }
    })
  return { model, optimizer, loop, run }
}

describe("a loop of one's own", () => {
  it('calls the hooks in order, with the losses of the batches', async () => {
    const calls: string[] = []
    const { run } = loopOf({
      epochs: 1,
      callbacks: {
        onTrainBegin: () => void calls.push('trainBegin'),
        onEpochBegin: (epoch) => void calls.push(`epochBegin ${epoch}`),
        onBatchBegin: (i) => void (i === 0 && calls.push(`batchBegin ${i}`)),
        onBatchEnd: (i, logs) => void (i === 3 && calls.push(`batchEnd ${i} ${Object.keys(logs)}`)),
        onEpochEnd: (epoch, logs) => void calls.push(`epochEnd ${epoch} ${Object.keys(logs)}`),
        onTrainEnd: () => void calls.push('trainEnd'),
      },
    })
    const { epoch, history } = await run()
    expect(calls).toEqual([
      'trainBegin',
      'epochBegin 0',
      'batchBegin 0',
      'batchEnd 3 loss',
      'epochEnd 0 loss',
      'trainEnd',
    ])
    expect(epoch).toEqual([0])
    expect(history.loss?.length).toBe(1)
  })

  it('stops early and gets the best weights back', async () => {
    const stopping = callbacks.earlyStopping({ monitor: 'loss', patience: 1, restoreBestWeights: true })
    const spoil = callbacks.learningRateScheduler((epoch, rate) => (epoch === 5 ? 60 : rate))
    const { run, model } = loopOf({ epochs: 30, callbacks: [stopping, spoil] })
    const { stopped, epoch } = await run()
    expect(stopped).toBe('early')
    expect(epoch.length).toBe((stopping.bestEpoch as number) + 2)
    const fewer = loopOf({ epochs: (stopping.bestEpoch as number) + 1, callbacks: spoil })
    await fewer.run()
    expect(weightsOf(model)).toEqual(weightsOf(fewer.model))
  })

  it('finds a rate and has its weights and state again', async () => {
    const finder = callbacks.learningRateFinder({ steps: 12, maxLearningRate: 1 })
    const { run, model, optimizer } = loopOf({ epochs: 9, callbacks: finder })
    const before = weightsOf(model)
    expect(await run()).toMatchObject({ stopped: 'early' })
    expect(finder.curve.length).toBe(12)
    expect(weightsOf(model)).toEqual(before)
    expect([optimizer.learningRate, optimizer.iterations]).toEqual([0.2, 0])
  })

  it('ends at a loss that is not finite', async () => {
    const { loop, model } = loopOf({ epochs: 3, callbacks: 'terminateOnNaN' })
    expect(model.built).toBe(true)
    const { stopped, epoch } = await loop.run(async (number) => {
      await loop.batch(0, () => ({ loss: number === 1 ? Number.NaN : 1 }))
      return { loss: 1 }
    })
    expect([stopped, epoch]).toEqual(['notFinite', [0]])
  })

  it('ends by model.stopTraining, wherever that is set', async () => {
    const inHook = loopOf({
      epochs: 3,
      callbacks: {
        onBatchEnd(i, _logs, { model }) {
          model.stopTraining = i === 1
        },
      },
    })
    expect(await inHook.run()).toMatchObject({ stopped: 'early', epoch: [0] })
    expect(inHook.optimizer.iterations).toBe(2)
    const { loop, model } = loopOf({ epochs: 3 })
    const body = (epoch: number) => {
      model.stopTraining = epoch === 1
      expect(loop.stopped).toBe(epoch === 1)
      return { loss: 1 }
    }
    expect(await loop.run(body)).toMatchObject({ stopped: 'early', epoch: [0, 1] })
    expect(await loop.run(() => ({ loss: 1 }))).toEqual({ epoch: [0, 1, 2], history: { loss: [1, 1, 1] } })
  })

  it('tells the end when it fails, and can run again', async () => {
    let ends = 0
    const { loop, run } = loopOf({ epochs: 2, callbacks: { onTrainEnd: () => void ends++ } })
    const fail = (): never => {
      throw new RangeError('torn')
    }
    await expect(loop.run(fail)).rejects.toThrow('torn')
    expect(ends).toBe(1)
    await expect(run()).resolves.toMatchObject({ epoch: [0, 1] })
  })

  it('refuses wrong options by name', async () => {
    const good = { model: classifier(), optimizer: sgd() }
    expect(() => new TrainingLoop({ ...good, model: undefined as never })).toThrow(/model must be a model/)
    expect(() => new TrainingLoop({ ...good, optimizer: 'sgd' as never })).toThrow(
      /optimizer must be an optimizer, got "sgd"/,
    )
    expect(() => new TrainingLoop({ ...good, epochs: 0 })).toThrow(/epochs/)
    expect(() => new TrainingLoop({ ...good, callback: [] } as never)).toThrow(/"callback"/)
    expect(() => new TrainingLoop({ ...good, epochs: 2, initialEpoch: 2 })).toThrow(/initialEpoch 2 leaves nothing/)
    const keeper = { begin: () => null, wants: () => false, keep() {} }
    expect(() => new TrainingLoop({ ...good, callbacks: { keeper } })).toThrow(/is for fit\(\)/)
  })

  it('refuses what is no epoch and no step, and figures that are no numbers', async () => {
    const loop = new TrainingLoop({ model: classifier(), optimizer: sgd(), callbacks: { onBatchEnd() {} } })
    const inEpoch = (step: unknown) => loop.run(async () => loop.batch(0, step as never))
    const refused = (text: string) =>
      expect.objectContaining({ code: 'ERR_ARGUMENT', message: `[TrainingLoop] ${text}` })
    await expect(loop.run(undefined as never)).rejects.toEqual(
      refused('run needs a function that does an epoch, got undefined'),
    )
    await expect(loop.run(() => undefined as never)).rejects.toThrow(/must return its figures/)
    await expect(loop.run(() => ({ loss: tensor(1) as never }))).rejects.toEqual(
      refused('the figure "loss" must be a number, got a Tensor of shape []'),
    )
    await expect(inEpoch(undefined)).rejects.toEqual(refused('batch needs a function that does a step, got undefined'))
    await expect(inEpoch(() => undefined)).rejects.toEqual(
      refused('a step must return { loss }, a number, got undefined'),
    )
    await expect(loop.run(() => ({ loss: 1 }))).resolves.toMatchObject({ epoch: [0] })
  })

  it('does not run twice at a time', async () => {
    const loop = new TrainingLoop({ model: classifier(), optimizer: sgd(), epochs: 2 })
    const running = loop.run(async () => ({ loss: 1 }))
    await expect(loop.run(() => ({ loss: 2 }))).rejects.toMatchObject({ code: 'ERR_BUSY' })
    expect((await running).history.loss).toEqual([1, 1])
  })
})

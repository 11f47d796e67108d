import { describe, expect, it } from 'vitest'
import '../../../lib/report/index.js'
import { sequential } from '../../../lib/model/index.js'
import { layers } from '../../../lib/nn/index.js'
import { adagrad } from '../../../lib/optim/rules/adagrad.js'
import { adam } from '../../../lib/optim/rules/adam.js'
import { sgd } from '../../../lib/optim/rules/sgd.js'
import * as schedules from '../../../lib/optim/schedules/index.js'
import { randomNormal } from '../../../lib/tensor/creation.js'
import { setSeed } from '../../../lib/tensor/random.js'
import {
  learningRateFinder,
  learningRateScheduler,
  reduceLROnPlateau,
  terminateOnNaN,
} from '../../../lib/train/callbacks/index.js'
import { classifier, points, weightsOf } from '../helpers.js'

const { x, y } = points()
const common = { batchSize: 8, verbose: 0, seed: 3 } as const
const refused = (message: RegExp) =>
  expect.objectContaining({ code: 'ERR_ARGUMENT', message: expect.stringMatching(message) })

describe('learningRateScheduler', () => {
  it('gives each epoch its rate, out of the one before or by a schedule', async () => {
    const halving = learningRateScheduler((epoch, rate) => (epoch === 0 ? rate : rate / 2))
    const { history } = await classifier().fit(x, y, { ...common, epochs: 4, callbacks: halving })
    expect(history.learningRate).toEqual([0.2, 0.1, 0.05, 0.025])
    const schedule = learningRateScheduler((step) => 1 / (1 + step))
    const { history: other } = await classifier().fit(x, y, { ...common, epochs: 3, callbacks: schedule })
    expect(other.learningRate).toEqual([1, 1 / 2, 1 / 3])
  })

  it('trains with it: rate 0 leaves the weights alone', async () => {
    const model = classifier()
    const before = weightsOf(model)
    await model.fit(x, y, { ...common, callbacks: learningRateScheduler(() => 0) })
    expect(weightsOf(model)).toEqual(before)
  })

  it('refuses what is no schedule, and what is no rate', async () => {
    expect(() => learningRateScheduler(0.1 as never)).toThrow(refused(/needs a function/))
    expect(() => learningRateScheduler(undefined as never)).toThrow(refused(/needs a function/))
    const wrong = learningRateScheduler((epoch) => (epoch === 1 ? Number.NaN : 0.1))
    const run = classifier().fit(x, y, { ...common, epochs: 3, callbacks: wrong })
    await expect(run).rejects.toEqual(refused(/for epoch 1 it gave NaN/))
  })
})

describe('reduceLROnPlateau', () => {
  it('lowers the rate of a fit that gets no better, down to the least', async () => {
    const plateau = reduceLROnPlateau({ monitor: 'loss', minDelta: 1e9, patience: 2, factor: 0.5, minLR: 0.06 })
    const { history } = await classifier().fit(x, y, { ...common, epochs: 8, callbacks: plateau })
    expect(history.learningRate).toEqual([0.2, 0.2, 0.2, 0.1, 0.1, 0.06, 0.06, 0.06])
  })

  it('refuses an optimizer whose rate follows a schedule, before the first step', async () => {
    const model = classifier()
    const before = weightsOf(model)
    const decay = schedules.exponentialDecay({ initialLearningRate: 0.1, decaySteps: 4, decayRate: 0.5 })
    for (const [learningRate, name] of [
      [decay, 'exponentialDecay'],
      [() => 0.1, 'a function'],
    ] as const) {
      const optimizer = adam({ learningRate })
      model.compile({ optimizer, loss: 'sparseCategoricalCrossentropy' })
      const train = () => model.fit(x, y, { ...common, callbacks: reduceLROnPlateau({ monitor: 'loss' }) })
      await expect(train()).rejects.toEqual(
        refused(new RegExp(`^\\[reduceLROnPlateau\\] the learning rate of adam follows a schedule, ${name},`)),
      )
      expect(weightsOf(model)).toEqual(before)
      optimizer.learningRate = 0
      await train()
    }
  })

  it.each<[object, RegExp]>([
    [{ factor: 1 }, /factor must lie between 0 and 1, got 1/],
    [{ factor: 0 }, /factor/],
    [{ patience: -1 }, /patience.*-1/],
    [{ cooldown: 0.5 }, /cooldown.*0.5/],
    [{ minLR: -1 }, /minLR.*-1/],
    [{ monitor: 'val_accuarcy' }, /"val_accuarcy".*\. Did you mean "val_accuracy"\?/],
    [{ minLr: 0 }, /"minLr"\. Did you mean "minLR"/],
  ])('refuses %o', (options, message) => {
    expect(() => reduceLROnPlateau(options)).toThrow(refused(message))
  })
})

describe('learningRateFinder', () => {
  it('raises the rate step by step until the loss diverges, and leaves everything as it was', async () => {
    const model = classifier()
    const optimizer = adam({ learningRate: 0.003 })
    model.compile({ optimizer, loss: 'sparseCategoricalCrossentropy' })
    await model.fit(x, y, { ...common })
    const twin = classifier()
    const twinOptimizer = adam({ learningRate: 0.003 })
    twin.compile({ optimizer: twinOptimizer, loss: 'sparseCategoricalCrossentropy' })
    await twin.fit(x, y, { ...common })

    const finder = learningRateFinder({ minLearningRate: 1e-5, maxLearningRate: 100, steps: 80, smoothing: 0.8 })
    const { stopped } = await model.fit(x, y, { ...common, epochs: 99, callbacks: finder })
    expect(stopped).toBe('early')
    const { curve, suggestion } = finder
    curve.forEach(({ learningRate }, i) => {
      expect(learningRate).toBeCloseTo(1e-5 * (100 / 1e-5) ** (i / 79), 12)
    })
    const losses = curve.map(({ loss }) => loss)
    const least = Math.min(...losses)
    expect(curve.length).toBeLessThan(80)
    expect(losses.at(-1)).toBeGreaterThan(4 * least)
    expect(suggestion).toBeGreaterThan(1e-4)
    expect(suggestion).toBeLessThan(curve[losses.indexOf(least)]?.learningRate ?? 0)

    expect([optimizer.learningRate, optimizer.iterations]).toEqual([0.003, twinOptimizer.iterations])
    expect(weightsOf(model)).toEqual(weightsOf(twin))
    const [a, b] = [await model.fit(x, y, { ...common }), await twin.fit(x, y, { ...common })]
    expect(a).toEqual(b)
    expect(weightsOf(model)).toEqual(weightsOf(twin))
  })

  it('sets state that began in its run back to its beginning', async () => {
    const [model, twin] = [classifier(), classifier()]
    for (const each of [model, twin]) each.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' })
    await model.fit(x, y, { ...common, epochs: 2, callbacks: learningRateFinder({ steps: 7 }) })
    await model.fit(x, y, { ...common })
    await twin.fit(x, y, { ...common })
    expect(weightsOf(model)).toEqual(weightsOf(twin))
  })

  it('brings a schedule and slots that do not begin at 0 back', async () => {
    const make = () =>
      adagrad({ learningRate: schedules.exponentialDecay({ initialLearningRate: 0.1, decaySteps: 5, decayRate: 0.5 }) })
    const [model, twin] = [classifier(), classifier()]
    for (const each of [model, twin]) each.compile({ optimizer: make(), loss: 'sparseCategoricalCrossentropy' })
    await model.fit(x, y, { ...common, epochs: 2, callbacks: learningRateFinder({ steps: 7 }) })
    const [a, b] = [model, twin].map((each) => each.fit(x, y, { ...common, epochs: 3 }))
    expect(await a).toEqual(await b)
    expect(weightsOf(model)).toEqual(weightsOf(twin))
  })

  it('leaves no trace in what is drawn: orders, dropout, noise with a seed of its own', async () => {
    const run = async (find: boolean) => {
      setSeed(5)
      const model = sequential({
        layers: [
          layers.dense({ units: 6, activation: 'tanh', inputShape: [2] }),
          layers.dropout({ rate: 0.4 }),
          layers.gaussianNoise({ stddev: 0.1, seed: 3 }),
          layers.dense({ units: 2, activation: 'softmax' }),
        ],
      })
      model.compile({ optimizer: sgd(), loss: 'sparseCategoricalCrossentropy' })
      const options = { batchSize: 8, verbose: 0 } as const
      await model.fit(x, y, options)
      if (find) await model.fit(x, y, { ...options, epochs: 3, callbacks: learningRateFinder({ steps: 12 }) })
      const history = await model.fit(x, y, { ...options, epochs: 2 })
      return [history, weightsOf(model), randomNormal([2]).toArray()]
    }
    expect(await run(true)).toEqual(await run(false))
  })

  it('refuses a model whose weights it could not bring back', async () => {
    const model = sequential({ layers: [layers.dense({ units: 2 })], name: 'late' })
    model.compile({ optimizer: sgd(), loss: 'meanSquaredError' })
    const batches = [[x.slice(0, 4), x.slice(0, 4)]] as const
    const run = model.fit(batches, undefined, { verbose: 0, callbacks: learningRateFinder() })
    await expect(run).rejects.toEqual(refused(/"late" has no weights yet/))
  })

  it('smooths the losses of the single batches', async () => {
    const losses: number[] = []
    const note = {
      onBatchEnd: (_i: number, _logs: object, run: { stepLoss?: number }) => void losses.push(run.stepLoss ?? 0),
    }
    const finder = learningRateFinder({ steps: 5, smoothing: 0.5, maxLearningRate: 1e-6 })
    await classifier().fit(x, y, { ...common, callbacks: [note, finder] })
    let average = 0
    losses.forEach((loss, i) => {
      average = 0.5 * average + 0.5 * loss
      expect(finder.curve[i]?.loss).toBe(average / (1 - 0.5 ** (i + 1)))
      expect(finder.curve[i]?.batchLoss).toBe(loss)
    })
    expect(losses.length).toBe(5)
  })

  it('ends at a loss that is not finite, with terminateOnNaN too', async () => {
    for (const more of [[], [terminateOnNaN()]]) {
      const model = classifier()
      model.compile({ optimizer: sgd(), loss: 'meanSquaredError' })
      const before = weightsOf(model)
      const poisoned = x.map((row, i) => (i === 20 ? [Number.NaN, 0] : row))
      const finder = learningRateFinder()
      const targets = y.map((c) => [c, 1 - c])
      const options = { ...common, shuffle: false, epochs: 30, callbacks: [finder, ...more] }
      const { stopped } = await model.fit(poisoned, targets, options)
      expect(stopped).toBe(more.length === 0 ? 'early' : 'notFinite')
      expect(finder.curve.length).toBe(2)
      expect(weightsOf(model)).toEqual(before)
    }
  })

  it('draws its curve', async () => {
    const finder = learningRateFinder({ steps: 40, smoothing: 0.9 })
    await classifier().fit(x, y, { ...common, epochs: 8, callbacks: finder })
    const svg = finder.plot()
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" width="720"/)
    expect(svg.trimEnd()).toMatch(/<\/svg>$/)
    expect(svg).toContain('learning rate')
    expect(svg).toContain('>1e-3<')
    expect(svg).not.toMatch(/NaN|Infinity/)
    const [, drawn = ''] = /<polyline points="([^"]*)"/.exec(svg) ?? []
    expect(drawn.split(' ').length).toBe(finder.curve.length)
    expect(svg.match(/r="1.8"/g)?.length).toBeGreaterThan(10)
    expect(svg).toContain(`suggestion ${finder.suggestion.toPrecision(2)}`)
  })

  it('draws a single point, and says when there is none', async () => {
    const finder = learningRateFinder({ steps: 2 })
    expect(() => finder.plot()).toThrow(refused(/no curve yet/))
    expect(() => finder.suggestion).toThrow(refused(/fell at no rate in 0 steps/))
    await classifier().fit(x, y, { ...common, batchSize: 40, callbacks: finder })
    expect(finder.curve.length).toBe(1)
    expect(finder.plot()).not.toMatch(/NaN|Infinity/)
  })

  it.each<[object, RegExp]>([
    [{ minLearningRate: 0 }, /minLearningRate must be a finite number above 0/],
    [{ minLearningRate: 1, maxLearningRate: 0.1 }, /maxLearningRate must be a finite number above 1, got 0.1/],
    [{ steps: 1 }, /steps.*from 2, got 1/],
    [{ smoothing: 1 }, /smoothing must lie in \[0, 1\), got 1/],
    [{ stopFactor: 1 }, /stopFactor/],
    [{ minLR: 1 }, /unknown option "minLR"/],
  ])('refuses %o', (options, message) => {
    expect(() => learningRateFinder(options)).toThrow(refused(message))
  })
})

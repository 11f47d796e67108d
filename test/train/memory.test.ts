import { describe, expect, it } from 'vitest'
import { type Sequential, sequential } from '../../lib/model/index.js'
import { runtime } from '../../lib/native/runtime.js'
import { constraints, layers, regularizers } from '../../lib/nn/index.js'
import { optimizers, schedules } from '../../lib/optim/index.js'
import type { Optimizer } from '../../lib/optim/optimizer.js'
import type { FitOptions } from '../../lib/train/index.js'
import { labels, signed } from '../helpers/random.js'
import { settle } from '../helpers/settle.js'

const x = signed([320, 200])
const y = labels(320, 10)
/** What was measured stays, so that the collector changes nothing between two looks. */
const kept: unknown[] = []

interface Measured {
  weights: { bytes: number; tensors: number }
  /** Held at the end of the epoch, with the plan at work, and after the fit: beyond the weights. */
  during: number
  after: { bytes: number; tensors: number }
}

async function measure(make: () => Sequential, optimizer: Optimizer, options: FitOptions = {}): Promise<Measured> {
  await settle()
  const start = runtime.memory()
  const model = make()
  const built = runtime.memory()
  model.compile({ optimizer, loss: 'sparseCategoricalCrossentropy' })
  kept.push(model)
  let during = 0
  const onEpochEnd = (): void => {
    during = runtime.memory().bytes - built.bytes
  }
  await model.fit(x, y, { verbose: 0, callbacks: { onEpochEnd }, ...options })
  const end = runtime.memory()
  const since = (now: typeof end, then: typeof end) => ({
    bytes: now.bytes - then.bytes,
    tensors: now.tensors - then.tensors,
  })
  return { weights: since(built, start), during, after: since(end, built) }
}

const plain = (): Sequential =>
  sequential({
    layers: [
      layers.dense({ units: 300, activation: 'relu', inputShape: [200] }),
      layers.dense({ units: 10, activation: 'softmax' }),
    ],
  })

const equipped = (): Sequential => {
  const given = { kernelRegularizer: regularizers.l2(1e-4), kernelConstraint: constraints.maxNorm() }
  return sequential({
    layers: [
      layers.dropout({ rate: 0.2, inputShape: [200] }),
      layers.dense({ units: 300, activation: 'relu', ...given }),
      layers.dropout({ rate: 0.4 }),
      layers.dense({ units: 10, activation: 'softmax', ...given }),
    ],
  })
}

const { sgd, rmsprop, adam, adagrad, adadelta, adamw, adamax, nadam, radam, lion } = optimizers
const equipment = {
  globalClipNorm: 1,
  weightDecay: 0.01,
  learningRate: schedules.oneCycle({ maxLearningRate: 0.01, totalSteps: 10 }),
}

describe('the state of an optimizer is all that training keeps', () => {
  it.each<[string, Optimizer, number]>([
    ['sgd', sgd(), 0],
    ['sgd, momentum', sgd({ momentum: 0.9 }), 1],
    ['rmsprop', rmsprop(), 1],
    ['rmsprop, centered, momentum', rmsprop({ centered: true, momentum: 0.9 }), 3],
    ['adagrad', adagrad(), 1],
    ['adadelta', adadelta(), 2],
    ['adam', adam(), 2],
    ['adam, amsgrad', adam({ amsgrad: true }), 3],
    ['adamw', adamw(), 2],
    ['adamax', adamax(), 2],
    ['nadam', nadam(), 2],
    ['radam', radam(), 2],
    ['lion', lion(), 1],
  ])('%s', async (_, optimizer, slots) => {
    const { weights, after } = await measure(plain, optimizer)
    expect(after).toEqual({ bytes: slots * weights.bytes, tensors: slots * weights.tensors })
  })

  it('with dropout, L2, max-norm, clipping, decay and 1cycle, too', async () => {
    const { weights, after } = await measure(equipped, adam(equipment))
    expect(after).toEqual({ bytes: 2 * weights.bytes, tensors: 2 * weights.tensors })
  })

  it('with accumulation, a sum of gradients beside it', async () => {
    const { weights, after } = await measure(equipped, adam(equipment), { gradientAccumulation: 3 })
    expect(after).toEqual({ bytes: 3 * weights.bytes, tensors: 3 * weights.tensors })
  })
})

it('a step with all of them holds at most the gradients more, and no masks or copies of weights', async () => {
  const bare = await measure(plain, adam())
  const all = await measure(equipped, adam(equipment))
  // One more batch of inputs, as the first dropout gives it.
  const batch = 32 * 200 * 4
  expect(all.during - bare.during).toBeLessThan(1.02 * (bare.weights.bytes + batch))
})

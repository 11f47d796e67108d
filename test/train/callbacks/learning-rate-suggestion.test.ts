import { describe, expect, it } from 'vitest'
import { type Sequential, sequential } from '../../../lib/model/index.js'
import { layers, type losses } from '../../../lib/nn/index.js'
import { optimizers } from '../../../lib/optim/index.js'
import type { Optimizer } from '../../../lib/optim/optimizer.js'
import { randomNormal, randomUniform } from '../../../lib/tensor/creation.js'
import { setSeed } from '../../../lib/tensor/random.js'
import { learningRateFinder } from '../../../lib/train/callbacks/index.js'
import { middleOfValley } from '../../../lib/train/callbacks/learning-rate-valley.js'

interface Task {
  make: () => Sequential
  optimizer: () => Optimizer
  loss: keyof typeof losses
  data: (seed: number) => { x: number[][]; y: number[] | number[][] }
}

const normal = (shape: number[], seed: number): number[][] => randomNormal(shape, { seed }).toArray() as number[][]

/** Points about the centres of classes. */
function classes(seed: number, { classes, inputs, spread }: Record<'classes' | 'inputs' | 'spread', number>) {
  const centres = normal([classes, inputs], seed)
  const y = (randomUniform([1000], { min: 0, max: classes, seed }).toArray() as number[]).map(Math.floor)
  const noise = normal([1000, inputs], seed + 100)
  const x = noise.map((row, i) => row.map((n, j) => spread * n + (centres[y[i] as number]?.[j] ?? 0)))
  return { x, y }
}

const { dense, activation, batchNormalization } = layers
const tasks: Record<string, Task> = {
  'a classifier by momentum': {
    make: () =>
      sequential({
        layers: [
          dense({ units: 64, activation: 'relu', inputShape: [20] }),
          dense({ units: 5, activation: 'softmax' }),
        ],
      }),
    optimizer: () => optimizers.sgd({ learningRate: 0.01, momentum: 0.9 }),
    loss: 'sparseCategoricalCrossentropy',
    data: (seed) => classes(seed, { classes: 5, inputs: 20, spread: 1.4 }),
  },
  'a regression by adam': {
    make: () =>
      sequential({ layers: [dense({ units: 32, activation: 'tanh', inputShape: [8] }), dense({ units: 1 })] }),
    optimizer: () => optimizers.adam(),
    loss: 'meanSquaredError',
    data: (seed) => {
      const x = normal([800, 8], seed)
      return { x, y: x.map(([a = 0, b = 0, c = 0, d = 0]) => [Math.sin(a + b) + c - d]) }
    },
  },
  'batch normalization by rmsprop': {
    make: () =>
      sequential({
        layers: [
          dense({ units: 64, inputShape: [100] }),
          batchNormalization(),
          activation({ activation: 'relu' }),
          dense({ units: 10, activation: 'softmax' }),
        ],
      }),
    optimizer: () => optimizers.rmsprop(),
    loss: 'sparseCategoricalCrossentropy',
    data: (seed) => classes(seed, { classes: 10, inputs: 100, spread: 2.5 }),
  },
}

describe.each(Object.entries(tasks))('the suggestion for %s', (_, { make, optimizer, loss, data }) => {
  it.each([0, 1, 2, 3, 4, 5])('is a rate that learns, between too low and too high ones: seed %i', async (seed) => {
    const { x, y } = data(seed)
    setSeed(seed)
    const model = make()
    const own = optimizer()
    model.compile({ optimizer: own, loss })
    const start = model.getWeights()
    const finder = learningRateFinder()
    await model.fit(x, y, { epochs: 10, verbose: 0, callbacks: finder })
    const { suggestion } = finder

    const lossAt = async (learningRate: number): Promise<number> => {
      model.compile({ optimizer: own, loss })
      model.setWeights(start)
      own.learningRate = learningRate
      const { history } = await model.fit(x, y, { epochs: 3, verbose: 0, seed })
      return history.loss?.at(-1) as number
    }
    const untrained = await lossAt(0)
    const trained = await lossAt(suggestion)
    expect(trained).toBeLessThan(0.2 * untrained)
    expect(untrained - (await lossAt(suggestion / 100))).toBeLessThan(0.25 * (untrained - trained))
    const far = await lossAt(suggestion * 100)
    expect(Number.isNaN(far) || far > 1.5 * trained).toBe(true)
  })
})

describe('the middle of the valley', () => {
  const curve = (losses: readonly number[]) =>
    losses.map((batchLoss, i) => ({ learningRate: 10 ** (i / 10), loss: 0, batchLoss }))

  it('is half-way down, whatever comes after the least', () => {
    const falling = Array.from({ length: 60 }, (_, i) => 3 - Math.min(2, Math.max(0, (i - 20) * 0.1)) - 0.01 * (i / 60))
    for (const losses of [falling, [...falling, 5, 40, 2000, 30, 1e9]]) {
      const place = 10 * Math.log10(middleOfValley(curve(losses)) as number)
      expect(Math.abs(place - 30)).toBeLessThan(1.5)
    }
  })

  it('is not moved by single batches', () => {
    const losses = Array.from({ length: 96 }, (_, i) => (i < 60 ? 3 : i < 80 ? 3 - 0.1 * (i - 60) : 1))
    const noise = normal([1, 96], 4)[0] as number[]
    const noisy = losses.map((loss, i) => loss + 0.3 * (noise[i] as number))
    noisy[1] = 6
    const found = Math.log10(middleOfValley(curve(noisy)) as number) * 10
    expect(found).toBeGreaterThan(66)
    expect(found).toBeLessThan(73)
  })

  it('is nowhere where the loss stays, grows, or differs from batch to batch alone', () => {
    expect(middleOfValley([])).toBe(null)
    expect(middleOfValley(curve([2, 1]))).toBe(null)
    expect(middleOfValley(curve(Array(50).fill(2)))).toBe(null)
    expect(middleOfValley(curve(Array.from({ length: 50 }, (_, i) => i)))).toBe(null)
    const found = normal([300, 100], 1).filter((noise) => middleOfValley(curve(noise)) !== null)
    expect(found.length).toBeLessThan(30)
  })
})

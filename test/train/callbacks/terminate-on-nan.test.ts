import { expect, it } from 'vitest'
import { sequential } from '../../../lib/model/index.js'
import { layers } from '../../../lib/nn/index.js'
import { sgd } from '../../../lib/optim/rules/sgd.js'
import { setSeed } from '../../../lib/tensor/random.js'
import { weightsOf } from '../helpers.js'

const rows = Array.from({ length: 12 }, (_, i) => [Math.sin(i), Math.cos(i)])
const targets = rows.map(([a = 0]) => a)
const poisoned = rows.map((row, i) => (i === 7 ? [Number.NaN, 1] : row))

function regressor(learningRate = 0.05) {
  setSeed(2)
  const model = sequential({
    layers: [
      layers.dense({ units: 4, activation: 'tanh', inputShape: [2] }),
      layers.batchNormalization(),
      layers.dense({ units: 1 }),
    ],
  })
  const optimizer = sgd({ learningRate, momentum: 0.9 })
  model.compile({ optimizer, loss: 'meanSquaredError' })
  return { model, optimizer }
}

const options = { batchSize: 2, shuffle: false, verbose: 0, epochs: 2 } as const

it('ends with the weights, running statistics included, of the last whole step', async () => {
  const { model, optimizer } = regressor()
  const { stopped, epoch } = await model.fit(poisoned, targets, { ...options, callbacks: ['terminateOnNaN'] })
  expect(stopped).toBe('notFinite')
  expect(epoch).toEqual([])
  expect(optimizer.iterations).toBe(3)
  const healthy = regressor()
  await healthy.model.fit(rows.slice(0, 6), targets.slice(0, 6), { ...options, epochs: 1 })
  expect(weightsOf(model)).toEqual(weightsOf(healthy.model))
})

it('does the same step by step, and tells the callbacks', async () => {
  const { model } = regressor()
  const calls: string[] = []
  const watch = {
    onBatchEnd: (i: number) => void calls.push(`batch ${i}`),
    onEpochEnd: () => void calls.push('epoch'),
    onTrainEnd: () => void calls.push('end'),
  }
  const { stopped } = await model.fit(poisoned, targets, { ...options, callbacks: ['terminateOnNaN', watch] })
  expect(stopped).toBe('notFinite')
  expect(calls.at(-1)).toBe('end')
  expect(calls).not.toContain('epoch')
  const healthy = regressor()
  await healthy.model.fit(rows.slice(0, 6), targets.slice(0, 6), { ...options, epochs: 1 })
  expect(weightsOf(model)).toEqual(weightsOf(healthy.model))
})

it('changes no bit of a run in which every loss is finite', async () => {
  const [watched, plain] = [regressor(), regressor()]
  const [a, b] = await Promise.all([
    watched.model.fit(rows, targets, { ...options, callbacks: 'terminateOnNaN' }),
    plain.model.fit(rows, targets, options),
  ])
  expect(a).toEqual(b)
  expect(weightsOf(watched.model)).toEqual(weightsOf(plain.model))
})

it('is what stops training; without it NaN goes on', async () => {
  const { model } = regressor()
  const { stopped, history } = await model.fit(poisoned, targets, options)
  expect(stopped).toBeUndefined()
  expect(history.loss).toEqual([Number.NaN, Number.NaN])
})

it('ends a run that diverges to infinity, too', async () => {
  const { model } = regressor(1e30)
  const { stopped } = await model.fit(rows, targets, { ...options, epochs: 50, callbacks: 'terminateOnNaN' })
  expect(stopped).toBe('notFinite')
})

import { expect, it } from 'vitest'
import '../../lib/ops/index.js'
import { Dataset } from '../../lib/data/dataset.js'
import { randomUniform } from '../../lib/tensor/creation.js'
import { setSeed } from '../../lib/tensor/random.js'
import { randomStreams } from '../../lib/tensor/random-state.js'
import { State } from '../../lib/tensor/state.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { failure } from '../helpers/failure.js'

const numbers = Array.from({ length: 12 }, (_, i) => i)
const values = (batch: unknown): number[] => [...(batch as Tensor).data()]

it.each([
  ['rows in memory', () => Dataset.fromTensors({ x: numbers }).shuffle(12).batch(5)],
  ['rows in memory under a seed', () => Dataset.fromTensors({ x: numbers }).shuffle(12, { seed: 3 }).batch(5)],
  ['a stream', () => Dataset.fromIterable(numbers).shuffle(6).take(11).batch(2).prefetch(2)],
  ['a stream under a seed', () => Dataset.fromIterable(numbers).shuffle(6, { seed: 3 }).batch(2).repeat(2)],
  [
    'a stream whose functions draw',
    () =>
      Dataset.fromIterable(numbers)
        .batch(2)
        .map((batch) => (batch as Tensor).add(randomUniform([1]))),
  ],
])('a loop through a Dataset goes on where it was in another process: %s', async (_, make) => {
  setSeed(5)
  const dataset = make()
  const states: { state: State; draws: State; done: number }[] = []
  const wanted: number[][] = []
  const place = (): void =>
    void states.push({ state: dataset.state(), draws: randomStreams.state(), done: wanted.length })
  place()
  for (let pass = 0; pass < 2; pass++) {
    for await (const batch of dataset) {
      wanted.push(values(batch))
      place()
    }
    place()
  }
  for (const { state, draws, done } of states) {
    setSeed(1)
    const other = make()
    other.restore(state)
    randomStreams.restore(draws)
    expect(other.state()).toEqual(state)
    const found: number[][] = []
    while (found.length < wanted.length - done) for await (const batch of other) found.push(values(batch))
    expect(found, `after ${done}`).toEqual(wanted.slice(done))
  }
})

it('a loop that was left begins anew', async () => {
  const dataset = Dataset.fromIterable(numbers)
  for await (const number of dataset) if (number === 3) break
  expect(dataset.state().value('loop')).toBeNull()
})

it('a state that is none of the Dataset is refused, and changes nothing', async () => {
  const dataset = Dataset.fromIterable(numbers).shuffle(3, { seed: 1 })
  for (const [parts, message] of [
    [{ loop: null }, 'orders that a Dataset gave'],
    [{ shuffled: [], loop: null }, 'shuffles 1 times'],
    [{ shuffled: [0], loop: 3 }, 'no place'],
    [{ shuffled: [0], loop: { taken: -1, draws: [] } }, 'elements taken'],
    [{ shuffled: [0], loop: { taken: 1, draws: [0.5] } }, 'draws of an order'],
  ] as const)
    expect(failure(() => dataset.restore(new State(parts)))).toMatchObject({
      code: 'ERR_ARGUMENT',
      message: expect.stringContaining(message),
    })
  expect(failure(() => dataset.restore({} as State))).toMatchObject({ code: 'ERR_ARGUMENT' })
  dataset.restore(new State({ shuffled: [0], loop: { taken: 13, draws: [0] } }))
  await expect(dataset[Symbol.asyncIterator]().next()).rejects.toMatchObject({
    code: 'ERR_ARGUMENT',
    message: expect.stringContaining('gives 12 elements'),
  })
})

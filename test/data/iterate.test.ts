import { describe, expect, it } from 'vitest'
import { Dataset } from '../../lib/data/dataset.js'
import type { BatchIterable } from '../../lib/data/source.js'
import { layers } from '../../lib/nn/index.js'
import { classifier } from '../train/helpers.js'

/** What calls itself an iterable of batches, and is none. */
const impostors: readonly (readonly [string, () => unknown])[] = [
  ['nothing as its iterator', () => ({ [Symbol.asyncIterator]: () => null })],
  ['a number as its iterator', () => ({ [Symbol.iterator]: () => 1 })],
  ['no method that makes one', () => ({ [Symbol.iterator]: 1 })],
  ['nothing as a result', () => ({ [Symbol.iterator]: () => ({ next: () => undefined }) })],
  ['nothing as a later result', () => ({ [Symbol.asyncIterator]: () => ({ next: async () => null }) })],
]

describe.each(impostors)('an iterable that gives %s', (_, make) => {
  it.each([
    ['fit', (batches: BatchIterable) => classifier().fit(batches, { verbose: 0 })],
    ['evaluate', (batches: BatchIterable) => classifier().evaluate(batches)],
    ['predictStream', (batches: BatchIterable) => classifier().predictStream(batches).next()],
    ['Dataset', async (batches: BatchIterable) => Dataset.fromIterable(batches)[Symbol.asyncIterator]().next()],
  ])('is refused by %s', async (where, use) => {
    const refused = { code: 'ERR_ARGUMENT', message: expect.stringMatching(new RegExp(`^\\[${where}.*itera`)) }
    await expect(use(make() as BatchIterable)).rejects.toMatchObject(refused)
  })
})

it('a return that is no function is refused where all else went well', async () => {
  const batches = {
    [Symbol.asyncIterator]: () => ({ next: async () => ({ done: false, value: [[[1, 2]], [0]] }), return: 5 }),
  }
  const run = classifier().fit(batches as unknown as BatchIterable, { stepsPerEpoch: 2, verbose: 0 })
  await expect(run).rejects.toThrow('[fit] return of the iterator must be a function, got 5')
})

it('an element that is in itself, or deep beyond reason, is refused', async () => {
  const round: unknown[] = []
  round.push(round)
  let deep: unknown = [[1]]
  for (let i = 0; i < 1e5; i++) deep = i % 2 === 0 ? [deep] : { deep }
  for (const element of [round, deep])
    await expect(Dataset.fromIterable([element])[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'ERR_ARGUMENT',
      message: "[Dataset] an element's arrays and objects may be 32 deep in one another",
    })
})

it('a Dataset is not made by its constructor', () => {
  const Made = Dataset as unknown as new (...args: unknown[]) => unknown
  expect(() => new Made()).toThrow('[Dataset] the constructor is not for users')
})

it.each(impostors)('an iterable that gives %s is refused by adapt', async (_, make) => {
  const layer = layers.normalization()
  const refused = { code: 'ERR_ARGUMENT', message: expect.stringMatching(/^\[Normalization.*itera/) }
  await expect(layer.adapt(make() as number[][])).rejects.toMatchObject(refused)
})

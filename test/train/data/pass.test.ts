import '../../../lib/ops/index.js'
import { describe, expect, it } from 'vitest'
import { Dataset } from '../../../lib/data/dataset.js'
import { runtime } from '../../../lib/native/runtime.js'
import { setSeed } from '../../../lib/tensor/random.js'
import { randomStreams } from '../../../lib/tensor/random-state.js'
import { State } from '../../../lib/tensor/state.js'
import { Borrowed } from '../../../lib/train/data/borrowed.js'
import { EndlessPass, type Pass } from '../../../lib/train/data/pass.js'
import { SampleSet } from '../../../lib/train/data/sample-set.js'
import { MemorySource, openSource, rowRange, type Shuffle, type Source } from '../../../lib/train/data/source.js'
import { failure } from '../../helpers/failure.js'

const layout = { inputNames: ['x'], outputNames: ['y'] }
const numbers = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

/** Twenty rows in batches of eight, shuffled. */
async function rows(shuffle: Shuffle = { seed: 5 }): Promise<Source> {
  const given = new Borrowed({ x: numbers(20), y: numbers(20) })
  return new MemorySource(await SampleSet.of(given, layout, 'fit'), 8, rowRange(0, 20, shuffle))
}

const iterable = (x: unknown): Promise<Source> => openSource(new Borrowed({ x }), layout, undefined, 'fit')
const stream = () => Dataset.fromIterable(() => numbers(20).map((i) => [i, i]))
const batches = numbers(3).map(
  (i) =>
    [
      [i, i],
      [i, i],
    ] as [number[], number[]],
)

/** The values of the inputs, step by step. */
async function values(pass: Pass, most = Number.POSITIVE_INFINITY): Promise<number[][]> {
  const found: number[][] = []
  for (let part = await pass.next(1); part !== null && found.length < most; part = await pass.next(1)) {
    const x = [...(part.inputs[0]?.data() ?? [])]
    const order = part.order === null ? null : [...part.order.data()].slice(part.first * part.batch)
    found.push(order === null ? x : order.slice(0, part.batch).map((row) => x[row] as number))
    part.dispose()
    if (found.length === most) break
  }
  await pass.close()
  return found
}

describe.each([
  ['rows in memory', () => rows()],
  ['a list of batches', () => iterable(batches)],
  ['an asynchronous iterable', () => iterable(Dataset.fromIterable(() => batches))],
  ['a Dataset of rows', () => iterable(Dataset.fromIterable(numbers(20).map((i) => [i, i])).batch(8))],
])('%s', (_, open) => {
  it('a pass that is entered at a step gives what one from the start gives there', async () => {
    const source = await open()
    const whole = await values(source.pass(1))
    expect(whole).toHaveLength(3)
    for (const step of [1, 2, 3]) {
      const pass = source.pass(1)
      await pass.skip(step)
      expect(await values(pass)).toEqual(whole.slice(step))
    }
    const pass = source.pass(1)
    await expect((async () => pass.skip(4))()).rejects.toMatchObject({
      code: 'ERR_ARGUMENT',
      message: expect.stringContaining('gives 3 batches'),
    })
    await pass.close()
    source.dispose()
  })

  it('a pass knows its number and the step that comes next', async () => {
    const source = await open()
    const pass = source.pass(4)
    await pass.skip(1)
    const seen: number[] = []
    for (let part = await pass.next(1); part !== null; part = await pass.next(1)) {
      seen.push(pass.step)
      part.dispose()
    }
    expect([pass.number, ...seen]).toEqual([4, 2, 3])
    await pass.close()
    source.dispose()
  })

  it('passes one after the other have no end', async () => {
    const source = await open()
    const [first, second] = [await values(source.pass(0)), await values(source.pass(1))]
    const endless = new EndlessPass((number) => source.pass(number), 0)
    expect(await values(endless, 5)).toEqual([...first, ...second].slice(0, 5))
    expect([endless.number, endless.step]).toEqual([1, 2])
    source.dispose()
  })
})

it('batches of a Dataset that are passed over are freed', async () => {
  const source = await iterable(Dataset.fromIterable(numbers(6).map((i) => [i, i])).batch(2))
  const before = runtime.memory().tensors
  const pass = source.pass(0)
  await pass.skip(2)
  expect(await values(pass)).toEqual([[4, 5]])
  expect(runtime.memory().tensors).toBe(before)
})

describe.each([
  ['rows in memory in orders of the global seed', () => rows({})],
  ['rows in memory under a seed', () => rows({ seed: 5 })],
  [
    'rows that a Dataset shuffles',
    () =>
      iterable(
        Dataset.fromTensors([numbers(20), numbers(20)])
          .shuffle(20)
          .batch(8),
      ),
  ],
  [
    'rows that a Dataset shuffles under a seed',
    () =>
      iterable(
        Dataset.fromTensors([numbers(20), numbers(20)])
          .shuffle(20, { seed: 2 })
          .batch(8),
      ),
  ],
  ['a stream that a Dataset shuffles twice', () => iterable(stream().shuffle(7).take(17).shuffle(9).batch(8))],
  ['a stream that a Dataset shuffles under a seed', () => iterable(stream().shuffle(7, { seed: 3 }).batch(8))],
  ['a repeated stream, read ahead', () => iterable(stream().shuffle(20).repeat(2).batch(8).prefetch(2))],
])('%s', (_, open) => {
  it('go on in another process from any step, as they would have gone on here', async () => {
    for (const step of [0, 1, 2]) {
      setSeed(4)
      const source = await open()
      // The orders of the passes differ, and some have been drawn from by hand.
      for (const number of [0, 1]) await values(source.pass(number))
      const pass = source.pass(2)
      await pass.skip(step)
      const [state, drawn] = [source.state(2), randomStreams.state()]
      const wanted = [await values(pass), await values(source.pass(3))]
      setSeed(1)
      const other = await open()
      randomStreams.restore(drawn)
      other.restoring(state, 'fit')()
      const again = other.pass(2)
      await again.skip(step)
      randomStreams.restore(drawn)
      expect([await values(again), await values(other.pass(3))]).toEqual(wanted)
      expect(wanted[0]).not.toEqual(wanted[1]?.slice(step))
      source.dispose()
      other.dispose()
    }
  })
})

it('an iterable that tells its state is brought there, and not read past what it gave', async () => {
  const pulled: number[] = []
  const counter = (at = 0) => ({
    *[Symbol.iterator](): Generator<[number[], number[]]> {
      for (; at < 5; ) {
        pulled.push(at)
        yield [[at], [at++]]
      }
    },
    state: () => new State({ at }),
    restore(state: State) {
      at = state.value('at') as number
    },
  })
  const source = await iterable(counter())
  const pass = source.pass(0)
  await pass.skip(2)
  const state = source.state(0, source.own())
  await pass.close()
  const other = await iterable(counter())
  other.restoring(state, 'fit')()
  pulled.length = 0
  const again = other.pass(0)
  await again.skip(2)
  expect([again.step, await values(again), pulled]).toEqual([2, [[2], [3], [4]], [2, 3, 4]])
})

it('a state that is not one of the source is refused', async () => {
  const source = await iterable(stream().shuffle(7, { seed: 3 }).batch(8))
  for (const [parts, message] of [
    [{ shuffled: [0] }, 'draws by pass'],
    [{ draws: { 0: [-1] }, shuffled: [0] }, 'whole numbers'],
    [{ draws: { x: [1] }, shuffled: [0] }, 'a pass in the state'],
    [{ draws: {}, shuffled: [] }, 'shuffles 1 times'],
    [{ draws: {} }, 'orders that a Dataset gave'],
  ] as const)
    expect(failure(() => source.restoring(new State(parts), 'fit'))).toMatchObject({
      code: 'ERR_ARGUMENT',
      message: expect.stringContaining(message),
    })
})

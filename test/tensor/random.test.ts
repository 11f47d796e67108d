import { describe, expect, it } from 'vitest'
import '../../lib/ops/index.js'
import { runtime } from '../../lib/native/runtime.js'
import { layers } from '../../lib/nn/index.js'
import { ones, randomNormal } from '../../lib/tensor/creation.js'
import { callNumber, StepDraws, seededDraws, setSeed } from '../../lib/tensor/random.js'
import { randomStreams } from '../../lib/tensor/random-state.js'
import { State } from '../../lib/tensor/state.js'
import { runChild, startWorker, workerResult } from '../helpers/child.js'

const drawn = (): unknown => randomNormal([3]).toArray()

it('draws are brought back to where they were', () => {
  setSeed(6)
  drawn()
  const all = randomStreams.state()
  const first = drawn()
  const later = randomStreams.state()
  const second = drawn()
  randomStreams.restore(later)
  expect(drawn()).toEqual(second)
  randomStreams.restore(all)
  expect([drawn(), drawn()]).toEqual([first, second])
})

it('so are those of a layer with a seed of its own, by the state of the layer; those beside the global ones are left alone', () => {
  const noise = layers.gaussianNoise({ stddev: 1, seed: 2 })
  const disturbed = (): unknown => noise.apply(ones([4]), { training: true }).toArray()
  noise.ensureBuilt([4])
  const beside = seededDraws(9, 'test')
  const [before, state, streams] = [beside(drawn), noise.state(), randomStreams.state()]
  const first = disturbed()
  const after = beside(drawn)
  expect(disturbed()).not.toEqual(first)
  randomStreams.restore(streams)
  noise.restore(state)
  expect(disturbed()).toEqual(first)
  expect(beside(drawn)).not.toEqual(after)
  expect(after).not.toEqual(before)
})

it('the seed is brought back, too, where another one was set meanwhile', () => {
  setSeed(1)
  drawn()
  const state = randomStreams.state()
  const wanted = drawn()
  setSeed(8)
  expect(drawn()).not.toEqual(wanted)
  randomStreams.restore(state)
  expect(drawn()).toEqual(wanted)
  expect(runtime.info().seed).toBe(1)
})

it.each([
  ['no state', {}],
  ['a state of something else', new State({ updates: 3 })],
  ['a seed that is none', new State({ seed: -1, draws: {} })],
  ['a stream that is none', new State({ seed: 1, draws: { first: 3 } })],
  ['a count that is none', new State({ seed: 1, draws: { 0: 0.5 } })],
])('%s is refused, and changes nothing', (_, state) => {
  setSeed(1)
  const before = randomStreams.state()
  expect(() => randomStreams.restore(state as State)).toThrow(expect.objectContaining({ code: 'ERR_ARGUMENT' }))
  expect(randomStreams.state()).toEqual(before)
})

describe('the seed of a program', () => {
  interface Drawn {
    seed: number
    values: number[]
  }
  const body = `{
    seed: myelin.runtime.info().seed,
    values: [...myelin.randomNormal([4]).data(), ...myelin.randomUniform([4]).data()],
  }`
  const programs = (count: number, before = ''): Promise<Drawn[]> =>
    Promise.all(
      Array.from({ length: count }, async () => {
        const { result, stderr } = await runChild(`${before}; report(${body})`)
        if (result === undefined) throw new Error(stderr)
        return result as Drawn
      }),
    )

  it('is another one each time, and gives the same numbers again where it is set', async () => {
    const drawn = await programs(3)
    expect(new Set(drawn.map(({ seed }) => seed)).size).toBe(3)
    expect(new Set(drawn.map(({ values }) => values.join())).size).toBe(3)
    for (const { seed } of drawn) expect(Number.isSafeInteger(seed) && seed >= 0).toBe(true)
    const [first] = drawn as [Drawn]
    const [again] = await programs(1, `myelin.setSeed(${first.seed})`)
    expect(again).toEqual(first)
  })

  it('is another one in each thread', async () => {
    const [one, two] = await Promise.all([1, 2].map(() => workerResult<Drawn>(startWorker(`post(${body})`))))
    expect(one?.seed).not.toBe(two?.seed)
    expect(one?.values).not.toEqual(two?.values)
    setSeed(one?.seed ?? 0)
    expect([...randomNormal([4]).data()]).toEqual(one?.values.slice(0, 4))
  })

  it('is what setSeed was given', () => {
    setSeed(2 ** 53 - 1)
    expect(runtime.info().seed).toBe(2 ** 53 - 1)
    setSeed(7)
    seededDraws(9, 'test')(() => expect(runtime.info().seed).toBe(7))
  })
})

it('draws that a run takes back after they were brought back further are counted from 0, not from below', () => {
  const [draws, drawer] = [new StepDraws(), 7]
  const call = draws.next(drawer)
  setSeed(1)
  const before = randomStreams.state()
  draws.advance(5)
  randomStreams.restore(before)
  draws.advance(-5)
  expect(callNumber(call, 0)).toBe(0)
  draws.advance(1)
  expect(callNumber(call, 0)).toBe(1)
})

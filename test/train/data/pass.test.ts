import '../../../lib/ops/index.js'
import { describe, expect, it } from 'vitest'
import { Dataset } from '../../../lib/data/dataset.js'
import { runtime } from '../../../lib/native/runtime.js'
import { Borrowed } from '../../../lib/train/data/borrowed.js'
import { EndlessPass, type Pass } from '../../../lib/train/data/pass.js'
import { SampleSet } from '../../../lib/train/data/sample-set.js'
import { MemorySource, openSource, rowRange, type Source } from '../../../lib/train/data/source.js'

const layout = { inputNames: ['x'], outputNames: ['y'] }
const numbers = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

/** Twenty rows in batches of eight, shuffled. */
async function rows(): Promise<Source> {
  const given = new Borrowed({ x: numbers(20), y: numbers(20) })
  return new MemorySource(await SampleSet.of(given, layout, 'fit'), 8, rowRange(0, 20, { seed: 5 }))
}

const iterable = (x: unknown): Promise<Source> => openSource(new Borrowed({ x }), layout, undefined, 'fit')
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
  ['rows in memory', rows],
  ['a list of batches', () => iterable(batches)],
  ['an asynchronous iterable', () => iterable(Dataset.fromIterable(() => batches))],
  ['a Dataset of rows', () => iterable(Dataset.fromIterable(numbers(20).map((i) => [i, i])).batch(8))],
])('%s', (_, open) => {
  it('a pass that is entered at a step gives what one from the start gives there', async () => {
    const source = await open()
    const whole = await values(source.pass(1))
    expect(whole).toHaveLength(3)
    for (const step of [1, 2, 3]) expect(await values(source.pass(1, step))).toEqual(whole.slice(step))
    source.dispose()
  })

  it('a pass knows its number and the step that comes next', async () => {
    const source = await open()
    const pass = source.pass(4, 1)
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
  expect(await values(source.pass(0, 2))).toEqual([[4, 5]])
  expect(runtime.memory().tensors).toBe(before)
})

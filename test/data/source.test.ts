import { describe, expect, it } from 'vitest'
import { isBatchIterable, toSamples, toSamplesInSlices } from '../../lib/data/source.js'
import { runtime } from '../../lib/native/runtime.js'
import { tensor } from '../../lib/tensor/creation.js'
import { settle } from '../helpers/settle.js'

/** ArrayBuffer as it is since ES2024, and on Node 20. */
const Resizable = ArrayBuffer as unknown as new (
  bytes: number,
  options: { maxByteLength: number },
) => ArrayBuffer & { resize(bytes: number): void }

describe('toSamples', () => {
  it('takes a tensor as it is', () => {
    const x = tensor([1, 2])
    expect(toSamples(x, 'fit', 'x')).toEqual({ samples: x, owned: false })
  })

  it('makes tensors of typed, shaped and nested arrays', () => {
    expect(toSamples(Uint8Array.of(1, 2), 'fit', 'y').samples.dtype).toBe('uint8')
    expect(toSamples({ data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] }, 'fit', 'x').samples.shape).toEqual([2, 2])
    expect(toSamples([[1, 2, 3]], 'fit', 'x').samples.toArray()).toEqual([[1, 2, 3]])
  })

  it('refuses what has no samples', () => {
    for (const [data, code] of [
      [undefined, 'ERR_ARGUMENT'],
      ['text', 'ERR_ARGUMENT'],
      [tensor(1), 'ERR_SHAPE'],
      [[[1], [2, 3]], 'ERR_SHAPE'],
    ])
      expect(() => toSamples(data, 'fit', 'x')).toThrow(
        expect.objectContaining({ code, message: expect.stringContaining('[fit] x') }),
      )
  })

  it('refuses a disposed tensor', () => {
    const x = tensor([1])
    x.dispose()
    expect(() => toSamples(x, 'fit', 'x')).toThrow(expect.objectContaining({ code: 'ERR_DISPOSED' }))
  })
})

describe('isBatchIterable', () => {
  const x = tensor([[1]])
  it('tells batches from data', () => {
    expect(isBatchIterable([[x, x]])).toBe(true)
    expect(isBatchIterable(new Map())).toBe(true)
    expect(isBatchIterable((async function* () {})())).toBe(true)
    for (const data of [x, new Float32Array(1), [[1, 2]], [1], [], { data: new Float32Array(1), shape: [1] }, null, 3])
      expect(isBatchIterable(data)).toBe(false)
  })
})

describe('isBatchIterable for several inputs', () => {
  const x = tensor([[1]])
  it('tells a list of inputs from a list of batches', () => {
    for (const batches of [[[[x, x], x]], [[{ a: x, b: x }, x]], [[[x, x], { y: x }, x]], new Set()])
      expect(isBatchIterable(batches, true)).toBe(true)
    for (const data of [
      [x, x],
      [[[1]], [[2]]],
      { a: x, b: x },
      [[x, x], x],
      [
        [x, x],
        [x, x],
      ],
      [{ a: x }, x],
    ])
      expect(isBatchIterable(data, true)).toBe(false)
    for (const data of [{ a: x }, [{ a: x }, x], [[x], x]]) expect(isBatchIterable(data)).toBe(false)
    expect(isBatchIterable([[[x], x]])).toBe(true)
  })
})

describe('toSamplesInSlices', () => {
  const n = 3 << 20
  const shrinking = (how: 'resize' | 'transfer', tracking: boolean) => {
    const buffer = new Resizable(n * 4, { maxByteLength: n * 4 })
    const data = tracking ? new Float32Array(buffer) : new Float32Array(buffer, 0, n)
    const change = () =>
      how === 'resize' ? buffer.resize(16) : structuredClone(buffer, { transfer: [buffer] as never })
    return { data, change }
  }

  it.each([
    ['resize', false],
    ['resize', true],
    ['transfer', false],
  ] as const)('refuses an array that loses its elements meanwhile: %s, length-tracking %s', async (how, tracking) => {
    const { data, change } = shrinking(how, tracking)
    await settle()
    const { tensors } = runtime.memory()
    const copying = toSamplesInSlices({ data, shape: [n / 4, 4] }, 'predict', 'x')
    await new Promise((resolve) => setImmediate(resolve))
    change()
    await expect(copying).rejects.toMatchObject({
      code: 'ERR_ARGUMENT',
      message: expect.stringMatching(/^\[predict\] x: .*detached, or its buffer resized/),
    })
    expect(runtime.memory().tensors).toBe(tensors)
    if (!tracking) expect(() => tensor(data)).toThrow(/detached/)
  })

  it('reads a shape once: what is checked is what is made', async () => {
    const data = new Float32Array(n)
    let reads = 0
    const shape = Object.defineProperty([0], 0, { get: () => (reads++ === 0 ? n : 4 * n), enumerable: true })
    expect((await toSamplesInSlices({ data, shape }, 'fit', 'x')).samples.shape).toEqual([n])
  })

  it('copies what toSamples copies, and lets the event loop turn', async () => {
    const data = Float64Array.from({ length: 3_000_000 }, (_, i) => i * 0.1)
    let turns = 0
    const timer = setInterval(() => turns++, 0)
    const { samples, owned } = await toSamplesInSlices({ data, shape: [1_500_000, 2] }, 'fit', 'x')
    clearInterval(timer)
    expect(owned).toBe(true)
    expect(samples.shape).toEqual([1_500_000, 2])
    expect(samples.data()).toEqual(Float32Array.from(data))
    expect(turns).toBeGreaterThan(0)
    samples.dispose()
  })

  it('names the argument that does not fit its shape', async () => {
    const data = new Float32Array(2_000_000)
    await expect(toSamplesInSlices({ data, shape: [3] }, 'fit', 'x')).rejects.toMatchObject({
      code: 'ERR_SHAPE',
      message: expect.stringMatching(/^\[fit\] x: .*\[3\]/),
    })
  })
})

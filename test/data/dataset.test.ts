import '../../lib/ops/index.js'
import { describe, expect, it } from 'vitest'
import { Dataset } from '../../lib/data/dataset.js'
import { runtime } from '../../lib/native/runtime.js'
import { tensor } from '../../lib/tensor/creation.js'
import { setSeed } from '../../lib/tensor/random.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { failure } from '../helpers/failure.js'
import { settle } from '../helpers/settle.js'

/** The elements of a pass, numbers out of tensors. */
async function collect(dataset: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = []
  for await (const element of dataset) all.push(plain(element))
  return all
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  if (Object.getPrototypeOf(value) === Object.prototype)
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part)]))
  if (!('toArray' in value)) return value
  const held = value as Tensor
  const elements = held.toArray()
  held.dispose()
  return elements
}

const numbers = (n: number): Dataset<number> => Dataset.fromIterable(Array.from({ length: n }, (_, i) => i))
const rows = (n: number): Dataset<Tensor> => Dataset.fromTensors({ x: Float32Array.from({ length: n }, (_, i) => i) })

describe('fromTensors', () => {
  it('gives samples, and batches of the dtypes given', async () => {
    const dataset = Dataset.fromTensors({ x: { data: Uint8Array.of(1, 2, 3, 4, 5, 6), shape: [3, 2] }, y: [7, 8, 9] })
    expect([dataset.size, dataset.batched]).toEqual([3, false])
    expect(await collect(dataset)).toEqual([
      [[1, 2], 7],
      [[3, 4], 8],
      [[5, 6], 9],
    ])
    const batches = dataset.batch(2)
    expect([batches.size, batches.batched]).toEqual([2, true])
    for await (const [x, y] of batches.take(1))
      expect([x.dtype, x.shape, y.dtype]).toEqual(['uint8', [2, 2], 'float32'])
    expect(await collect(batches)).toEqual([
      [
        [
          [1, 2],
          [3, 4],
        ],
        [7, 8],
      ],
      [[[5, 6]], [9]],
    ])
    expect(await collect(dataset.batch(2, { dropRemainder: true }))).toHaveLength(1)
    expect(dataset.batch(2, { dropRemainder: true }).size).toBe(1)
  })

  it('takes weights, and inputs alone; the caller may dispose of his tensors', async () => {
    const x = tensor([1, 2])
    const dataset = Dataset.fromTensors([x, [3, 4], [0.5, 2]])
    x.dispose()
    expect(await collect(dataset.batch(2))).toEqual([
      [
        [1, 2],
        [3, 4],
        [0.5, 2],
      ],
    ])
    expect(await collect(rows(3).batch(2))).toEqual([[0, 1], [2]])
  })

  it('takes several inputs, targets and weights, by name or in a list', async () => {
    const left = tensor([1, 2, 3])
    const dataset = Dataset.fromTensors({
      x: { left, right: [[4], [5], [6]] },
      y: [Int32Array.of(7, 8, 9), { data: Float32Array.of(1, 2, 3), shape: [3] }],
      sampleWeight: { kind: [0, 1, 0] },
    })
    left.dispose()
    const [first] = await collect(dataset.shuffle(3, { seed: 1 }).skip(0).take(3).batch(3))
    const [x, y, weight] = first as [{ left: number[]; right: number[][] }, number[][], { kind: number[] }]
    const order = x.left.map((value) => value - 1)
    expect([...order].sort()).toEqual([0, 1, 2])
    expect(x.right).toEqual(order.map((i) => [i + 4]))
    expect(y).toEqual([order.map((i) => i + 7), order.map((i) => i + 1)])
    expect(weight.kind).toEqual(order.map((i) => i % 2))
    for await (const [sample, targets] of dataset.take(1)) {
      expect([sample.left.shape, sample.right.shape, targets.map(({ dtype }) => dtype)]).toEqual([
        [],
        [1],
        ['int32', 'float32'],
      ])
    }
    expect(await collect(Dataset.fromTensors({ x: { a: [1, 2], b: [3, 4] } }).batch(2))).toEqual([
      { a: [1, 2], b: [3, 4] },
    ])
  })

  it('names the part that is wrong, and frees what it had made of the others', () => {
    const before = runtime.memory().tensors
    const message = (data: object): string => failure(() => Dataset.fromTensors(data as { x: number[] })).message
    expect(message({ x: { a: [1, 2], b: [[1], [2, 3]] }, y: [1, 2] })).toMatch(
      /^\[Dataset.fromTensors\] x "b": .*ragged/,
    )
    expect(message([[Float32Array.of(1), 'text'], [1]])).toMatch(/^\[Dataset.fromTensors\] x\[1\] must be a Tensor/)
    expect(message({ x: { a: [1, 2], b: [1] }, y: [1, 2] })).toContain('the numbers of samples differ: 2, 1, 2')
    expect(message({ x: {} })).toContain('x must be a Tensor')
    expect(message({ x: [Float32Array.of(1), Float32Array.of(2)] })).toContain('give them by name')
    expect(message(tensor([1, 2]))).toContain('nested arrays, or several of these by name; got a Tensor')
    expect(runtime.memory().tensors - before).toBe(1)
  })

  it('refuses what does not belong together', () => {
    expect(failure(() => Dataset.fromTensors([[1, 2], [1]]))).toMatchObject({
      code: 'ERR_ARGUMENT',
      message: expect.stringContaining('2, 1'),
    })
    for (const data of [null, 3, [], [[1]], { y: [1] }, { x: [1], z: [1] }, { x: [1], sampleWeight: [1] }])
      expect(failure(() => Dataset.fromTensors(data as [number[], number[]])).message).toContain(
        '[Dataset.fromTensors]',
      )
    expect(failure(() => Dataset.fromTensors({ x: tensor(1) })).code).toBe('ERR_SHAPE')
  })
})

describe('fromIterable', () => {
  it('begins afresh at each pass', async () => {
    let made = 0
    const dataset = Dataset.fromIterable(function* () {
      made++
      yield [Float32Array.of(1, 2), 0] as const
      yield [Float32Array.of(3, 4), 1] as const
    })
    for (let pass = 0; pass < 2; pass++)
      expect(await collect(dataset.batch(2))).toEqual([
        [
          [
            [1, 2],
            [3, 4],
          ],
          [0, 1],
        ],
      ])
    expect(made).toBe(2)
  })

  it('takes asynchronous sources, and functions that promise one', async () => {
    async function* source() {
      yield 1
      yield 2
    }
    expect(await collect(Dataset.fromIterable(source))).toEqual([1, 2])
    expect(await collect(Dataset.fromIterable(async () => source()))).toEqual([1, 2])
  })

  it('refuses a second pass through an iterator, and what is no iterable', async () => {
    const dataset = Dataset.fromIterable([1, 2].values())
    expect(await collect(dataset)).toEqual([1, 2])
    await expect(collect(dataset)).rejects.toMatchObject({
      code: 'ERR_ARGUMENT',
      message: expect.stringContaining('once'),
    })
    for (const source of [null, 3, {}])
      expect(failure(() => Dataset.fromIterable(source as number[])).message).toContain('[Dataset.fromIterable]')
    // @ts-expect-error wrong argument on purpose
    await expect(collect(Dataset.fromIterable(() => 3))).rejects.toMatchObject({ code: 'ERR_ARGUMENT' })
  })

  it('leaves the tensors of the iterable alone', async () => {
    const x = tensor([1, 2])
    const dataset = Dataset.fromIterable([[x, 1] as const])
    await collect(dataset)
    await collect(dataset.batch(1))
    expect(x.toArray()).toEqual([1, 2])
  })
})

describe('batch', () => {
  it('stacks numbers, booleans, typed, shaped and nested arrays, tensors, and several inputs', async () => {
    const sample = (i: number) =>
      [{ a: Uint8Array.of(i), b: [tensor([i]), { data: Int32Array.of(i, i), shape: [1, 2] }] }, [[i]], i === 1] as const
    let batches = 0
    for await (const [{ a, b }, y, flag] of Dataset.fromIterable([sample(0), sample(1)]).batch(2)) {
      batches++
      expect([a.dtype, a.toArray()]).toEqual(['uint8', [[0], [1]]])
      expect(b.map(({ shape, dtype }) => [shape, dtype])).toEqual([
        [[2, 1], 'float32'],
        [[2, 1, 2], 'int32'],
      ])
      expect(y.toArray()).toEqual([[[0]], [[1]]])
      expect(flag.toArray()).toEqual([false, true])
    }
    expect(batches).toBe(1)
  })

  it('says which sample differs', async () => {
    const differing = (second: unknown) =>
      collect(Dataset.fromIterable<unknown>([[Float32Array.of(1, 2), 0], second]).batch(2))
    await expect(differing([Float32Array.of(1), 0])).rejects.toMatchObject({
      code: 'ERR_SHAPE',
      message: '[Dataset.batch] x: sample 1 of the batch is [1], the first [2]',
    })
    await expect(differing([Uint8Array.of(1, 2), 0])).rejects.toMatchObject({ code: 'ERR_DTYPE' })
    await expect(differing([Float32Array.of(1, 2)])).rejects.toMatchObject({ code: 'ERR_ARGUMENT' })
    await expect(differing([Float32Array.of(1, 2), 'a'])).rejects.toMatchObject({
      code: 'ERR_ARGUMENT',
      message: expect.stringContaining('y: '),
    })
  })
})

describe('shuffle', () => {
  it.each([1, 3, 10, 50])('gives every element once, in another order each pass: a buffer of %i', async (size) => {
    const dataset = numbers(20).shuffle(size, { seed: 1 })
    const [first, second] = [await collect(dataset), await collect(dataset)]
    for (const pass of [first, second])
      expect([...(pass as number[])].sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i))
    if (size > 1) expect(first).not.toEqual(second)
    else expect(first).toEqual(second)
    const again = numbers(20).shuffle(size, { seed: 1 })
    expect([await collect(again), await collect(again)]).toEqual([first, second])
  })

  it('orders samples in memory as it orders a stream of them', async () => {
    for (const size of [4, 100])
      expect(await collect(rows(30).shuffle(size, { seed: 5 }))).toEqual(
        await collect(numbers(30).shuffle(size, { seed: 5 })),
      )
  })

  it('follows setSeed where it has no seed', async () => {
    const draw = () => {
      setSeed(3)
      return collect(numbers(20).shuffle(20))
    }
    expect(await draw()).toEqual(await draw())
    expect(await collect(numbers(20).shuffle(20, { seed: 1 }))).not.toEqual(
      await collect(numbers(20).shuffle(20, { seed: 2 })),
    )
  })

  it('makes all orders equally likely', async () => {
    const counts = new Map<string, number>()
    const dataset = rows(3).shuffle(3, { seed: 0 })
    for (let i = 0; i < 1200; i++) {
      const order = (await collect(dataset)).join('')
      counts.set(order, (counts.get(order) ?? 0) + 1)
    }
    expect(counts.size).toBe(6)
    // 200 ± 5 standard deviations.
    for (const count of counts.values()) expect(Math.abs(count - 200)).toBeLessThan(65)
  })

  it('never gives an element before it could be in the buffer', async () => {
    const order = (await collect(numbers(200).shuffle(10, { seed: 9 }))) as number[]
    for (const [place, element] of order.entries()) expect(element).toBeLessThan(place + 11)
  })
})

describe('map', () => {
  it('takes synchronous and asynchronous functions, with the number of the element', async () => {
    expect(await collect(numbers(3).map((n, i) => n * 10 + i))).toEqual([0, 11, 22])
    expect(await collect(numbers(3).map(async (n) => -n))).toEqual([-0, -1, -2])
  })

  it('frees what it made and does not return, and keeps what is held outside', async () => {
    const shift = tensor([1])
    const dataset = Dataset.fromTensors([
      [[1], [2], [3], [4]],
      [0, 1, 0, 1],
    ])
      .map(([x, y]) => [x.mul(2).add(shift), y, shift] as const)
      .batch(2)
    expect(await collect(dataset)).toEqual([
      [
        [[3], [5]],
        [0, 1],
        [[1], [1]],
      ],
      [
        [[7], [9]],
        [0, 1],
        [[1], [1]],
      ],
    ])
    await settle()
    const { tensors } = runtime.memory()
    for (let i = 0; i < 3; i++) await collect(dataset)
    expect(runtime.memory().tensors).toBe(tensors)
    expect(shift.toArray()).toEqual([1])
  })

  it('surfaces the very error of the function', async () => {
    const error = new Error('no such image')
    const fails = (n: number): number => {
      if (n === 2) throw error
      return n
    }
    await expect(collect(numbers(5).map(fails).batch(1))).rejects.toBe(error)
    await expect(collect(numbers(5).map(async (n) => fails(n)))).rejects.toBe(error)
    // @ts-expect-error wrong argument on purpose
    expect(failure(() => numbers(1).map(3)).code).toBe('ERR_ARGUMENT')
  })
})

describe('filter', () => {
  it('keeps what a predicate is true of, synchronous or not, with the number of the element', async () => {
    expect(await collect(numbers(6).filter((n) => n % 2 === 0))).toEqual([0, 2, 4])
    expect(await collect(numbers(6).filter(async (n) => n > 3))).toEqual([4, 5])
    expect(
      await collect(
        numbers(6)
          .skip(2)
          .filter((_, i) => i === 1),
      ),
    ).toEqual([3])
    expect(await collect(rows(6).filter((x) => x.greater(3).item()))).toEqual([4, 5])
    expect(await collect(numbers(3).filter(() => false))).toEqual([])
  })

  it('takes samples before batch and batches behind it, and does not know how many there will be', async () => {
    const samples = rows(6).filter((x) => x.item() !== 1)
    expect([samples.size, samples.batched]).toEqual([undefined, false])
    expect(await collect(samples.batch(2))).toEqual([[0, 2], [3, 4], [5]])
    const batches = rows(6)
      .batch(2)
      .filter((x) => x.sum().item() > 1)
    expect([batches.size, batches.batched]).toEqual([undefined, true])
    expect(await collect(batches)).toEqual([
      [2, 3],
      [4, 5],
    ])
  })

  it('frees the elements it leaves out, and what the predicate makes', async () => {
    const x = tensor([1, 2, 3, 4])
    const dataset = Dataset.fromTensors([x, x])
    const asked = [
      dataset.filter(([a]) => a.mul(2).greater(5).item()),
      dataset.filter(async ([a]) => {
        await null
        return a.item() > 2
      }),
      Dataset.fromIterable([x, x]).filter((a, i) => a.rank === i),
    ]
    for (const filtered of asked) await collect(filtered)
    await settle()
    const { tensors } = runtime.memory()
    for (const filtered of asked) expect(await collect(filtered)).not.toEqual([])
    expect(runtime.memory().tensors).toBe(tensors)
    expect(x.toArray()).toEqual([1, 2, 3, 4])
  })

  it("surfaces the predicate's very error, and frees the element", async () => {
    const error = new Error('no such label')
    const fails = (): boolean => {
      throw error
    }
    const dataset = rows(3)
    await settle()
    const { tensors } = runtime.memory()
    await expect(collect(dataset.filter(fails))).rejects.toBe(error)
    await expect(collect(dataset.filter(async () => fails()))).rejects.toBe(error)
    expect(runtime.memory().tensors).toBe(tensors)
  })

  it('refuses what decides nothing', async () => {
    const dataset = rows(3)
    await settle()
    const { tensors } = runtime.memory()
    const given: [unknown, RegExp][] = [
      [(x: Tensor) => x.greater(1), /got a Tensor of shape \[.*\]; of a tensor take item\(\)/],
      [async (x: Tensor) => x.greater(1), /got a Tensor/],
      [() => {}, /must return true or false, got undefined/],
      [() => 'yes', /got "yes"/],
    ]
    for (const [predicate, message] of given)
      await expect(collect(dataset.filter(predicate as () => boolean))).rejects.toMatchObject({
        code: 'ERR_ARGUMENT',
        message: expect.stringMatching(message),
      })
    await settle()
    expect(runtime.memory().tensors).toBe(tensors)
    expect(failure(() => dataset.filter(3 as never)).message).toContain('[Dataset.filter]')
  })

  it('lets the event loop turn while it leaves everything out', async () => {
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    await collect(
      numbers(1)
        .repeat(100_000)
        .filter(() => false),
    )
    clearInterval(timer)
    expect(turns).toBeGreaterThan(0)
  })
})

describe('take, skip, repeat', () => {
  it.each([
    ['a stream', numbers],
    ['samples in memory', rows],
  ])('choose elements of %s', async (_, make) => {
    expect(await collect(make(5).take(2))).toEqual([0, 1])
    expect(await collect(make(5).take(0))).toEqual([])
    expect(await collect(make(5).skip(3))).toEqual([3, 4])
    expect(await collect(make(2).skip(3))).toEqual([])
    expect(await collect(make(2).repeat(2))).toEqual([0, 1, 0, 1])
    expect(await collect(make(2).repeat().take(5))).toEqual([0, 1, 0, 1, 0])
    expect([make(5).take(9).size, make(5).skip(2).size, make(5).repeat(2).size, make(5).repeat().size]).toEqual([
      5,
      3,
      10,
      undefined,
    ])
  })

  it('repeat ends where there is nothing to repeat', async () => {
    expect(await collect(numbers(0).repeat())).toEqual([])
  })

  it('refuse numbers that count nothing', () => {
    for (const wrong of [-1, 1.5, Number.NaN]) {
      expect(failure(() => numbers(1).take(wrong)).message).toContain('[Dataset.take]')
      expect(failure(() => numbers(1).skip(wrong)).message).toContain('[Dataset.skip]')
      expect(failure(() => numbers(1).repeat(wrong)).message).toContain('[Dataset.repeat]')
      expect(failure(() => numbers(1).batch(wrong)).message).toContain('[Dataset.batch]')
      expect(failure(() => numbers(1).shuffle(wrong)).message).toContain('[Dataset.shuffle]')
      expect(failure(() => numbers(1).prefetch(wrong)).message).toContain('[Dataset.prefetch]')
    }
    // @ts-expect-error a misspelt option on purpose
    expect(failure(() => numbers(1).batch(1, { dropRemaider: true })).message).toContain('Did you mean "dropRemainder"')
    expect(failure(() => numbers(1).shuffle(1, { seed: -1 })).code).toBe('ERR_ARGUMENT')
  })
})

describe('prefetch', () => {
  it('asks ahead while the consumer works, and no further than n', async () => {
    let asked = 0
    const dataset = Dataset.fromIterable(function* () {
      for (;;) yield asked++
    }).prefetch(3)
    const iterator = dataset[Symbol.asyncIterator]()
    for (let taken = 1; taken <= 4; taken++) {
      expect((await iterator.next()).value).toBe(taken - 1)
      await new Promise((resolve) => setTimeout(resolve, 5))
      expect(asked).toBe(taken + 3)
    }
    await iterator.return()
  })

  it('gives an error in its turn', async () => {
    const error = new Error('cut off')
    const seen: number[] = []
    const run = async () => {
      const source = function* () {
        yield 1
        yield 2
        throw error
      }
      for await (const n of Dataset.fromIterable(source).prefetch(5)) seen.push(n)
    }
    await expect(run()).rejects.toBe(error)
    expect(seen).toEqual([1, 2])
  })
})

describe('early exit', () => {
  it('closes the source and frees what was under way', async () => {
    let closed = 0
    const x = tensor([1])
    const dataset = Dataset.fromIterable(function* () {
      try {
        for (;;) yield [x, 1] as const
      } finally {
        closed++
      }
    })
      .shuffle(8)
      .batch(2)
      .map((batch) => batch)
      .prefetch(2)
    await settle()
    const { tensors } = runtime.memory()
    for await (const element of dataset) {
      plain(element)
      break
    }
    expect(closed).toBe(1)
    expect(runtime.memory().tensors).toBe(tensors)
  })

  it('lets the event loop turn in a long pass through what is there', async () => {
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    await collect(rows(1).repeat(100_000).skip(100_000))
    clearInterval(timer)
    expect(turns).toBeGreaterThan(0)
  })
})

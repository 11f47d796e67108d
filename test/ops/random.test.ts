import { describe, expect, it } from 'vitest'
import { gradients } from '../../lib/autodiff/backward.js'
import { dropout, gatherRows, permutation, rrelu, sum } from '../../lib/ops/index.js'
import { full, ones, tensor } from '../../lib/tensor/creation.js'
import { setSeed } from '../../lib/tensor/random.js'
import { failure } from '../helpers/failure.js'
import { difference } from '../helpers/golden.js'
import { equalBits, onInstructionSet, withThreads } from '../helpers/machine.js'
import { signed } from '../helpers/random.js'

const address = { seed: 3, stream: 16, call: 5 }

describe('dropout', () => {
  it('drops the share that is asked for and scales the rest', () => {
    const n = 200_000
    for (const rate of [0.1, 0.5, 0.8]) {
      const y = dropout(ones([n]), rate, address).data()
      const kept = y.filter((v) => v !== 0)
      expect(kept.every((v) => v === Math.fround(1 / (1 - rate)))).toBe(true)
      expect(Math.abs(kept.length / n - (1 - rate))).toBeLessThan(5 * Math.sqrt((rate * (1 - rate)) / n))
    }
  })

  it('draws the same mask forward and backward', () => {
    const x = signed([1000])
    x.requiresGrad = true
    const y = dropout(x, 0.4, address)
    sum(y).backward()
    const mask = dropout(ones([1000]), 0.4, address).data()
    expect(x.grad?.data()).toEqual(mask)
    const wanted = Array.from(x.data(), (v, i) => v * (mask[i] as number))
    expect(difference(y.data(), wanted, { relative: 1e-6, absolute: 0 })).toBeNull()
  })

  it('is another for another call, stream or seed, and the same for any threads and instruction set', () => {
    const draw = (change: object) => dropout(ones([300_000]), 0.5, { ...address, ...change }).data()
    const first = draw({})
    for (const change of [{ call: 6 }, { stream: 17 }, { seed: 4 }]) expect(draw(change)).not.toEqual(first)
    for (const isa of equalBits)
      for (const threads of [1, 2])
        expect(onInstructionSet(isa, () => withThreads(threads, () => draw({})))).toEqual(first)
  })

  it('follows setSeed without an address', () => {
    const draw = () => dropout(ones([50]), 0.5).toArray()
    setSeed(1)
    const both = [draw(), draw()]
    expect(both[1]).not.toEqual(both[0])
    setSeed(1)
    expect([draw(), draw()]).toEqual(both)
  })

  it('is the identity at rate 0, zeros at rate 1, and refuses other rates', () => {
    expect(dropout(signed([9]), 0, address).data()).toEqual(signed([9]).data())
    expect([...dropout(signed([3]), 1, address).data()]).toEqual([0, 0, 0])
    for (const rate of [1.1, -0.1, Number.NaN])
      expect(failure(() => dropout(ones([2]), rate)).message).toMatch(/^\[dropout\] rate/)
  })
})

describe('permutation', () => {
  it('names every number once, differently for every call', () => {
    const draw = (call: number) => Array.from(permutation(1000, { ...address, call }).data())
    expect(draw(1)).not.toEqual(draw(2))
    expect(draw(1)).toEqual(draw(1))
    expect(draw(1).sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i))
    expect(permutation(0, address).shape).toEqual([0])
  })

  it('favours no place', () => {
    const counts = new Array<number>(5).fill(0)
    for (let call = 0; call < 5000; call++) {
      const at = permutation(5, { ...address, call })
        .data()
        .indexOf(0)
      counts[at] = (counts[at] as number) + 1
    }
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150)
  })
})

describe('gatherRows', () => {
  it('picks rows of any dtype', () => {
    const rows = tensor(Int32Array.from([2, 0]))
    for (const dtype of ['float32', 'int32', 'uint8'] as const) {
      const picked = gatherRows(
        tensor(
          [
            [1, 2],
            [3, 4],
            [5, 6],
          ],
          undefined,
          { dtype },
        ),
        rows,
      )
      expect([picked.dtype, picked.toArray()]).toEqual([
        dtype,
        [
          [5, 6],
          [1, 2],
        ],
      ])
    }
  })

  it('turns bytes into scaled float32', () => {
    const picked = gatherRows(tensor(Uint8Array.from([0, 51, 255, 102]), [2, 2]), tensor(Int32Array.from([1])), 1 / 255)
    expect([picked.dtype, Array.from(picked.data())]).toEqual([
      'float32',
      [255, 102].map((byte) => Math.fround(byte * Math.fround(1 / 255))),
    ])
  })

  it('refuses an index outside', () => {
    expect(() => gatherRows(ones([2, 2]), tensor(Int32Array.from([2])))).toThrow(/\[gather\]/)
  })
})

describe('rrelu', () => {
  const x = full([2000], -1, { requiresGrad: true })
  const slopes = (options: object) => Array.from(rrelu(x, { training: true, ...options }).data(), (v) => -v)

  it('draws a slope for each element in training', () => {
    const drawn = slopes({ seed: 4 })
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(Math.fround(1 / 8))
    expect(Math.max(...drawn)).toBeLessThan(1 / 3)
    expect(drawn.reduce((a, b) => a + b) / 2000).toBeCloseTo((1 / 8 + 1 / 3) / 2, 2)
    expect(new Set(drawn).size).toBeGreaterThan(1900)
    expect(slopes({ seed: 4 })).toEqual(drawn)
    expect(slopes({})).not.toEqual(slopes({}))
  })

  it('has these slopes as its gradient, and takes what is positive as it is', () => {
    const y = rrelu(x, { training: true, seed: 4 })
    expect(Array.from(gradients(sum(y), [x])[0]?.data() ?? [])).toEqual(slopes({ seed: 4 }))
    expect(rrelu(full([3], 2), { training: true }).toArray()).toEqual([2, 2, 2])
  })

  it('has one slope in testing', () => {
    expect(rrelu(full([2], -1), { lower: 0.25, upper: 0.75 }).toArray()).toEqual([-0.5, -0.5])
  })
})

describe('dropout for users', () => {
  it('needs no more than a seed, or nothing', () => {
    const x = ones([64])
    const dropped = () => dropout(x, 0.5, { seed: 3 }).toArray()
    expect(dropped()).toEqual(dropped())
    expect(dropout(x, 0.5).toArray()).not.toEqual(dropout(x, 0.5).toArray())
    setSeed(9)
    const first = x.dropout(0.5).toArray()
    setSeed(9)
    expect(x.dropout(0.5).toArray()).toEqual(first)
  })
})

import { describe, expect, it } from 'vitest'
import '../../lib/ops/index.js'
import {
  arange,
  eye,
  full,
  linspace,
  ones,
  randomNormal,
  randomUniform,
  tensor,
  zeros,
} from '../../lib/tensor/creation.js'
import { Parameter } from '../../lib/tensor/parameter.js'
import { setSeed } from '../../lib/tensor/random.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import { failure } from '../helpers/failure.js'
import { equalBits, onInstructionSet, withThreads } from '../helpers/machine.js'

describe('tensor', () => {
  it('takes numbers, nested arrays and typed arrays', () => {
    expect(tensor(3).shape).toEqual([])
    expect(
      tensor([
        [1, 2, 3],
        [4, 5, 6],
      ]).shape,
    ).toEqual([2, 3])
    expect(tensor(new Float64Array([1, 2]))).toMatchObject({ shape: [2], dtype: 'float32' })
    expect(tensor(new Int32Array([1, -2])).dtype).toBe('int32')
    expect(tensor(new Uint8Array([1, 255])).toArray()).toEqual([1, 255])
    expect(tensor([true, false])).toMatchObject({ dtype: 'bool' })
    expect(tensor([1, 2, 3, 4], [2, 2]).toArray()).toEqual([
      [1, 2],
      [3, 4],
    ])
    expect(tensor([[], []]).shape).toEqual([2, 0])
  })

  it('copies: neither side sees the other change', () => {
    const source = new Float32Array([1, 2])
    const t = tensor(source)
    source[0] = 9
    const out = t.data()
    out[1] = 9
    expect([t.toArray(), out.buffer.byteLength]).toEqual([[1, 2], 8])
  })

  it('reads a part of a larger buffer', () => {
    expect(tensor(new Float32Array([0, 1, 2, 3]).subarray(1, 3)).toArray()).toEqual([1, 2])
  })

  it('prints shortened', () => {
    expect(String(tensor([1.5, 2]))).toBe('Tensor([1.5, 2], shape: [2], dtype: float32)')
    expect(String(arange(10))).toContain('…')
  })

  it.each([
    ['ragged arrays', () => tensor([[1, 2], [3]]), 'ERR_SHAPE', /ragged/],
    ['uneven depth', () => tensor([[1], 2] as number[][]), 'ERR_SHAPE', /ragged/],
    ['a wrong shape', () => tensor([1, 2, 3], [2, 2]), 'ERR_SHAPE', /3 values.*\[2, 2\]/],
    ['a text', () => tensor(['1'] as unknown as number[]), 'ERR_ARGUMENT', /string/],
    ['nothing', () => tensor(undefined as unknown as number), 'ERR_ARGUMENT', /undefined/],
    [
      'an unknown dtype',
      () => tensor([1], undefined, { dtype: 'float64' as 'float32' }),
      'ERR_DTYPE',
      /float64.*float32, int32/,
    ],
    ['big integers', () => tensor(new BigInt64Array(2) as unknown as Int32Array), 'ERR_DTYPE', /BigInt64Array/],
    ['a negative size', () => zeros([-1]), 'ERR_SHAPE', /\[-1\]/],
    ['a fractional size', () => zeros([1.5]), 'ERR_SHAPE', /1\.5/],
    ['nine axes', () => zeros([1, 1, 1, 1, 1, 1, 1, 1, 1]), 'ERR_SHAPE', /at most 8/],
    ['more than the memory', () => zeros([2 ** 31, 2 ** 10]), 'ERR_MEMORY', /\[fill\]/],
    ['more than any memory', () => zeros([2 ** 31, 2 ** 31]), 'ERR_MEMORY', /too many elements/],
    ['item of many', () => ones([2]).item(), 'ERR_SHAPE', /^\[item\].*\[2\]/],
  ] as [string, () => unknown, string, RegExp][])('refuses %s', (_, fn, code, message) => {
    expect(failure(fn)).toEqual({ code, message: expect.stringMatching(message) })
  })
})

describe('filled tensors', () => {
  it('are as named', () => {
    expect(full([2], 7, { dtype: 'int32' }).toArray()).toEqual([7, 7])
    expect(eye(2).toArray()).toEqual([
      [1, 0],
      [0, 1],
    ])
    expect(arange(3).toArray()).toEqual([0, 1, 2])
    expect(arange(5, 0, -2).toArray()).toEqual([5, 3, 1])
    expect(linspace(0, 1, 5).toArray()).toEqual([0, 0.25, 0.5, 0.75, 1])
    expect(linspace(2, 3, 1).toArray()).toEqual([2])
    expect(zeros([0, 3]).toArray()).toEqual([])
  })
})

describe('random tensors', () => {
  it('follow setSeed, or their own seed', () => {
    setSeed(4)
    const draw = () => randomNormal([5]).toArray()
    const both = [draw(), draw()]
    setSeed(4)
    expect([draw(), draw()]).toEqual(both)
    expect(both[0]).not.toEqual(both[1])
    expect(randomNormal([5], { seed: 1 }).toArray()).toEqual(randomNormal([5], { seed: 1 }).toArray())
    expect(failure(() => setSeed(-1)).code).toBe('ERR_ARGUMENT')
  })

  it('have the moments and bounds that were asked for, in every instruction set and for any threads', () => {
    const n = 300_000
    const normal = () => randomNormal([n], { mean: 3, stddev: 2, seed: 5 }).data()
    const uniform = () => randomUniform([n], { min: -1, max: 5, seed: 5 }).data()
    const moments = (data: ArrayLike<number>) => {
      const mean = Array.from(data).reduce((s, v) => s + v, 0) / n
      return [mean, Math.sqrt(Array.from(data).reduce((s, v) => s + (v - mean) ** 2, 0) / n)] as const
    }
    const [mean, stddev] = moments(normal())
    expect(Math.abs(mean - 3)).toBeLessThan(0.02)
    expect(Math.abs(stddev - 2)).toBeLessThan(0.02)
    expect(uniform().every((v) => v >= -1 && v < 5)).toBe(true)
    expect(Math.abs(moments(uniform())[0] - 2)).toBeLessThan(0.02)
    for (const isa of equalBits)
      for (const threads of [1, 2])
        expect(onInstructionSet(isa, () => withThreads(threads, () => [normal(), uniform()]))).toEqual([
          normal(),
          uniform(),
        ])
  })
})

describe('Parameter', () => {
  it('takes new elements in place and counts them', () => {
    const p = new Parameter(ones([2]), { name: 'w' })
    p.assign(tensor([3, 4]))
    expect([p.toArray(), p.version, p.trainable, p.requiresGrad]).toEqual([[3, 4], 1, true, true])
    p.trainable = false
    expect(p.requiresGrad).toBe(false)
  })

  it('refuses other shapes and dtypes by its name', () => {
    const p = new Parameter(ones([2]), { name: 'layer/w' })
    expect(failure(() => p.assign(ones([3])))).toEqual({
      code: 'ERR_SHAPE',
      message: expect.stringContaining('"layer/w"'),
    })
    expect(failure(() => p.assign(ones([2], { dtype: 'int32' }))).code).toBe('ERR_DTYPE')
    expect(p.version).toBe(0)
  })
})

describe('what creation refuses', () => {
  const cases: [string, (...args: never[]) => unknown, unknown[], RegExp][] = [
    ['zeros of no shape', zeros, [3], /^\[zeros\]/],
    ['ones of no shape', ones, [[-1]], /^\[ones\]/],
    ['zeros misspelt', zeros, [[1], { dType: 'int32' }], /^\[zeros\].*"dtype"/],
    ['full with null', full, [[1], 1, null], /^\[full\] the options/],
    ['full of an unknown dtype', full, [[1], 1, { dtype: 'half' }], /^\[full\]/],
    ['eye misspelt', eye, [2, { dType: 'int32' }], /^\[eye\]/],
    ['randomNormal misspelt', randomNormal, [[1], { std: 2 }], /^\[randomNormal\] unknown option "std"/],
    ['randomUniform misspelt', randomUniform, [[1], { maxx: 2 }], /^\[randomUniform\].*"max"/],
    ['randomUniform with a bad seed', randomUniform, [[1], { seed: 0.5 }], /^\[randomUniform\] the seed.*0\.5/],
    ['randomNormal with a bad seed', randomNormal, [[1], { seed: -1 }], /^\[randomNormal\] the seed.*-1/],
  ]
  it.each(cases)('%s', (_, make, args, message) => {
    expect(failure(() => make(...(args as never[]))).message).toMatch(message)
  })

  it('names tensor() where somebody calls the constructor', () => {
    expect(failure(() => Reflect.construct(Tensor, [[1, 2]])).message).toMatch(/^\[Tensor\].*tensor\(data/)
    expect(failure(() => Reflect.construct(Tensor, [])).code).toBe('ERR_ARGUMENT')
  })
})

it('saturates whole numbers as cast does', () => {
  const values = [-3, 1.9, -1.9, 255, 256, 1e10, -1e10, Number.NaN, Number.POSITIVE_INFINITY]
  for (const dtype of ['uint8', 'int32'] as const) {
    const wanted = Array.from(tensor(values).cast(dtype).data())
    expect(Array.from(tensor(values, undefined, { dtype }).data()), dtype).toEqual(wanted)
    expect(Array.from(tensor(Float64Array.from(values), undefined, { dtype }).data()), dtype).toEqual(wanted)
  }
})

it('linspace looks at the number of values before it counts with it', () => {
  for (const n of [Object.create(null), 1n, [5]])
    expect(() => linspace(0, 1, n as never)).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }))
})

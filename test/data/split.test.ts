import '../../lib/ops/index.js'
import { describe, expect, it } from 'vitest'
import { type KFoldOptions, kFold, type TrainTestSplitOptions, trainTestSplit } from '../../lib/data/split.js'
import { runtime } from '../../lib/native/runtime.js'
import { tensor } from '../../lib/tensor/creation.js'
import { setSeed } from '../../lib/tensor/random.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { failure } from '../helpers/failure.js'

const n = 50
/** Each sample is told by its number; of five, one is of class 1, the others of class 0. */
const x = tensor(
  Uint8Array.from({ length: 2 * n }, (_, i) => i >> 1),
  [n, 2],
)
const y = tensor(Int32Array.from({ length: n }, (_, i) => Number(i % 5 === 0)))
const numbers = (t: Tensor): number[] => [...t.data()]
const firsts = (t: Tensor): number[] => numbers(t).filter((_, i) => i % 2 === 0)
const ascending = (values: number[]): number[] => [...values].sort((a, b) => a - b)
const all = Array.from({ length: n }, (_, i) => i)

describe('trainTestSplit', () => {
  it('parts the samples, x beside y, and keeps their dtypes', () => {
    const { train, test } = trainTestSplit(x, y, { seed: 1 })
    expect([train.x.shape, train.y.shape, test.x.shape, test.y.shape]).toEqual([[37, 2], [37], [13, 2], [13]])
    expect([train.x.dtype, test.x.dtype, train.y.dtype]).toEqual(['uint8', 'uint8', 'int32'])
    expect(ascending([...firsts(train.x), ...firsts(test.x)])).toEqual(all)
    for (const part of [train, test]) expect(numbers(part.y)).toEqual(firsts(part.x).map((i) => Number(i % 5 === 0)))
    expect(firsts(train.x)).not.toEqual(ascending(firsts(train.x)))
  })

  it('takes a number of samples, arrays, and the last ones unshuffled', () => {
    const { train, test } = trainTestSplit([[1], [2], [3]], [1, 2, 3], { testSize: 1, shuffle: false })
    expect([train.x.toArray(), test.x.toArray(), test.y.toArray()]).toEqual([[[1], [2]], [[3]], [3]])
  })

  it('keeps the shares of the classes', () => {
    for (const stratify of [true, y] as const)
      for (const shuffle of [true, false]) {
        const { train, test } = trainTestSplit(x, y, { testSize: 0.2, stratify, shuffle })
        const ones = (t: Tensor): number => numbers(t).reduce((sum, label) => sum + label, 0)
        expect([ones(train.y), ones(test.y), test.y.size]).toEqual([8, 2, 10])
      }
  })

  it('is fixed by its seed, else by setSeed', () => {
    const draw = (options?: TrainTestSplitOptions): number[] => firsts(trainTestSplit(x, y, options).test.x)
    expect(draw({ seed: 4 })).toEqual(draw({ seed: 4 }))
    expect(draw({ seed: 4 })).not.toEqual(draw({ seed: 5 }))
    setSeed(1)
    const first = draw()
    expect(draw()).not.toEqual(first)
    setSeed(1)
    expect(draw()).toEqual(first)
  })

  it('leaves nothing behind but the parts', () => {
    const before = runtime.memory().tensors
    const { train, test } = trainTestSplit(x, [...all], { stratify: y })
    for (const part of [train, test]) for (const made of [part.x, part.y]) made.dispose()
    expect(runtime.memory().tensors).toBe(before)
  })

  it('refuses what cannot be', () => {
    const refused = (options: unknown, labels: Tensor = y) =>
      failure(() => trainTestSplit(x, labels, options as TrainTestSplitOptions)).message
    for (const testSize of [0, 1.5, -0.1, Number.NaN, '0.5']) expect(refused({ testSize })).toContain('testSize')
    expect(refused({ testSize: 50 })).toContain('nothing to train on')
    expect(refused({ test_size: 0.2 })).toContain('Did you mean "testSize"')
    expect(refused({ shuffle: 1 })).toContain('shuffle')
    expect(refused({ seed: -1 })).toContain('seed')
    expect(refused(null)).toContain('[trainTestSplit]')
    expect(refused({ stratify: x })).toContain('one label a sample')
    expect(refused({ stratify: [1, 2] })).toContain('labels for 2')
    expect(refused({ stratify: true }, tensor(all.map((i) => Number(i === 7))))).toContain('class 1 has 1 of the 2')
    expect(failure(() => trainTestSplit(x, [1, 2])).message).toContain('x has 50 samples, y has 2')
  })
})

describe('kFold', () => {
  it.each([
    [5, false],
    [7, true],
    [50, true],
  ])('holds each sample out once: %i folds', (folds, shuffle) => {
    const held: number[] = []
    const sizes = new Set<number>()
    for (const { train, validation } of kFold(n, { folds, shuffle })) {
      expect(ascending([...numbers(train), ...numbers(validation)])).toEqual(all)
      held.push(...numbers(validation))
      sizes.add(validation.size)
      expect(validation.dtype).toBe('int32')
    }
    expect(ascending(held)).toEqual(all)
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThan(2)
    if (!shuffle) expect(held).toEqual(all)
  })

  it('gives data, stratified, and the same again', () => {
    const folds = kFold({ x, y }, { folds: 10, stratify: true, seed: 3 })
    const [first, second] = [[...folds], [...folds]].map((rounds) =>
      rounds.map(({ validation }) => firsts(validation.x)),
    )
    expect(first).toEqual(second)
    for (const { train, validation } of folds) {
      expect([train.x.shape, validation.x.shape, validation.x.dtype]).toEqual([[45, 2], [5, 2], 'uint8'])
      expect(numbers(validation.y).reduce((sum, label) => sum + label, 0)).toBe(1)
    }
    expect([...kFold(n, { folds: 10, stratify: y, seed: 3 })].map(({ validation }) => numbers(validation))).toEqual(
      first,
    )
  })

  it('refuses what cannot be', () => {
    const refused = (data: unknown, options?: unknown) =>
      failure(() => kFold(data as number, options as KFoldOptions)).message
    for (const folds of [1, 2.5, 0]) expect(refused(n, { folds })).toContain('folds')
    expect(refused(3)).toContain('3 samples do not make 5 folds')
    expect(refused(n, { stratify: true })).toContain('give the labels')
    expect(refused({ x, y }, { folds: 11, stratify: true })).toContain('class 1 has 10 of the 11')
    expect(refused(null)).toContain('[kFold]')
    expect(refused({ x })).toContain('[kFold] y')
    expect(refused(0)).toContain('number of samples')
    expect(refused(n, { fold: 3 })).toContain('Did you mean "folds"')
  })
})

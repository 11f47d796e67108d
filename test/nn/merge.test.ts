import { describe, expect, it } from 'vitest'
import '../../lib/ops/index.js'
import { layers } from '../../lib/nn/index.js'
import type { Layer } from '../../lib/nn/layer.js'
import { ones, tensor } from '../../lib/tensor/creation.js'
import { failure } from '../helpers/failure.js'

const { input } = layers
const a = tensor([[1, 5, 3]])
const b = tensor([[4, 2, 3]])
const c = tensor([[2, 2, 9]])

describe('merge layers', () => {
  it.each([
    ['add', [7, 9, 15]],
    ['multiply', [8, 20, 81]],
    ['average', [7 / 3, 3, 5]],
    ['maximum', [4, 5, 9]],
  ] as const)('%s', (name, wanted) => {
    const layer = layers[name]()
    const y = layer.apply([a, b, c])
    expect([...y.data()]).toEqual(wanted.map(Math.fround))
    expect(layer.outputShape).toEqual([3])
    expect(layers[name]().apply([a]).toArray()).toEqual(a.toArray())
  })

  it('subtract', () => {
    expect(layers.subtract().apply([a, b]).toArray()).toEqual([[-3, 3, 0]])
    const { code, message } = failure(() => layers.subtract({ name: 's' }).apply([a, b, c]))
    expect([code, message]).toEqual(['ERR_ARGUMENT', '[Subtract "s"] takes two inputs, got 3'])
  })

  it('broadcast samples, not batches', () => {
    const matrix = ones([3, 2, 3])
    const y = layers.multiply().apply([matrix, tensor([[1], [2], [3]])])
    expect(y.shape).toEqual([3, 2, 3])
    expect(y.sum([1, 2]).toArray()).toEqual([6, 12, 18])
    const symbols = [input({ shape: [2, 3] }), input({ shape: [3] }), input({ shape: [1] })]
    expect(layers.add().apply(symbols).shape).toEqual([2, 3])
    expect(failure(() => layers.add({ name: 'm' }).apply([input({ shape: [2] }), input({ shape: [3] })]))).toEqual({
      code: 'ERR_SHAPE',
      message: '[Add "m"] shapes cannot be broadcast together: a is [2], b is [3]',
    })
  })

  it('take lists only', () => {
    for (const make of [layers.add, layers.concatenate] as ((o: object) => Layer)[]) {
      expect(failure(() => make({ name: 'm' }).apply(input({ shape: [2] }))).message).toMatch(
        /"m"\] takes a list of inputs, as in apply\(\[a, b\]\); got one of \[2\]/,
      )
      expect(failure(() => make({ name: 'm' }).call(a, {})).message).toMatch(/takes a list of tensors/)
    }
  })

  it('make no difference between shapes once built', () => {
    const add = layers.add()
    add.apply([a, b])
    expect(add.apply([ones([2, 4]), ones([2, 4])]).shape).toEqual([2, 4])
    expect(failure(() => add.apply([ones([2, 4]), ones([2, 3])])).code).toBe('ERR_SHAPE')
  })

  it('have gradients', () => {
    const x = tensor([[1, 2]], undefined, { requiresGrad: true })
    layers
      .add()
      .apply([x, layers.multiply().apply([x, x])])
      .sum()
      .backward()
    expect(x.grad?.toArray()).toEqual([[3, 5]])
  })
})

describe('concatenate', () => {
  it('puts inputs behind one another along an axis', () => {
    expect(layers.concatenate().apply([a, b]).toArray()).toEqual([[1, 5, 3, 4, 2, 3]])
    const symbols = [input({ shape: [2, 3] }), input({ shape: [4, 3] })]
    expect(layers.concatenate({ axis: 1 }).apply(symbols).shape).toEqual([6, 3])
    expect(layers.concatenate({ axis: -2 }).apply(symbols).shape).toEqual([6, 3])
    expect(layers.concatenate({ axis: 1 }).getConfig()).toMatchObject({ axis: 1 })
  })

  it('refuses other sizes that differ, and axes that are not there', () => {
    const symbols = [input({ shape: [2, 3] }), input({ shape: [4, 3] })]
    expect(failure(() => layers.concatenate({ name: 'c' }).apply(symbols))).toEqual({
      code: 'ERR_SHAPE',
      message:
        '[Concatenate "c"] all sizes but those of axis -1 must agree, got inputs of [2, 3], [4, 3] (without the batch axis)',
    })
    expect(failure(() => layers.concatenate({ axis: 3 }).apply(symbols)).message).toMatch(/there is no axis 3/)
    expect(failure(() => layers.concatenate({ axis: 0 })).message).toMatch(/axis must be/)
    expect(failure(() => layers.concatenate().apply([symbols[0], input({ shape: [3] })] as never)).code).toBe(
      'ERR_SHAPE',
    )
  })
})

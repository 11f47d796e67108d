import { describe, expect, it } from 'vitest'
import { MyelinError } from '../../lib/core/error.js'
import { sequential } from '../../lib/model/index.js'
import * as layers from '../../lib/nn/layers/index.js'
import type { Normalization, NormalizationOptions } from '../../lib/nn/layers/normalization.js'
import { RunningMoments } from '../../lib/nn/running-moments.js'
import { ones, tensor, zeros } from '../../lib/tensor/creation.js'
import type { Parameter } from '../../lib/tensor/parameter.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { expectEager } from '../graph/equality.js'
import { failure } from '../helpers/failure.js'
import { difference, type GoldenArray, golden, toTensor } from '../helpers/golden.js'
import { signed } from '../helpers/random.js'

interface Case {
  axis: NormalizationOptions['axis']
  invert: boolean
  x: GoldenArray
  y: GoldenArray
  mean: GoldenArray
  variance: GoldenArray
}

const { normalization: cases } = golden<{ normalization: Case[] }>('layers')
const bound = { relative: 2e-6, absolute: 1e-6 }
const make = layers.normalization

const rejection = (promise: Promise<unknown>): Promise<MyelinError> =>
  promise.then(
    () => {
      throw new Error('nothing was thrown')
    },
    (error: unknown) => {
      if (error instanceof MyelinError) return error
      throw error
    },
  )

async function* inBatches(x: Tensor, size: number, wrap: (x: Tensor) => Tensor | [Tensor, Tensor] = (x) => x) {
  const n = x.shape[0] as number
  for (let i = 0; i < n; i += size) yield wrap(x.slice([i], [Math.min(size, n - i)]))
}

describe('normalization', () => {
  it.each(cases)('adapts as Keras: axis $axis, invert $invert', async ({ axis, invert, x, y, mean, variance }) => {
    const layer = make({ axis, invert })
    const data = toTensor(x)
    await layer.adapt(data)
    expect(difference((layer.weights[0] as Tensor).data(), mean.data, bound)).toBeNull()
    expect(difference((layer.weights[1] as Tensor).data(), variance.data, bound)).toBeNull()
    expect(layer.weights[2]?.item()).toBe(6)
    expect(difference(layer.call(data).data(), y.data, bound)).toBeNull()

    // Known statistics do the same, and a layer made from the config.
    const known = make({
      axis,
      invert,
      mean: layer.weights[0] as Tensor,
      variance: (layer.weights[1] as Tensor).data(),
    })
    const again = make(JSON.parse(JSON.stringify(known.getConfig())))
    for (const other of [known, again]) {
      other.ensureBuilt([2, 3])
      expect(other.weights).toEqual([])
      expect(other.call(data).data()).toEqual(layer.call(data).data())
    }
  })

  it('takes a mean image from bytes, in parts', async () => {
    const bytes = Uint8Array.from({ length: 2000 * 784 }, (_, i) => (i * 7919 + (i >> 9)) % 256)
    const layer = make({ axis: 'all' })
    await layer.adapt({ data: bytes, shape: [2000, 28, 28] })
    const [mean, variance, count] = layer.weights as [Parameter, Parameter, Parameter]
    expect([mean.shape, variance.shape, count.item()]).toEqual([[28, 28], [28, 28], 2000])
    for (const place of [0, 391, 783]) {
      const column = Array.from({ length: 2000 }, (_, i) => bytes[i * 784 + place] as number)
      const wanted = column.reduce((sum, v) => sum + v, 0) / 2000
      const spread = column.reduce((sum, v) => sum + (v - wanted) ** 2, 0) / 2000
      expect(mean.data()[place]).toBe(Math.fround(wanted))
      expect(variance.data()[place]).toBeCloseTo(spread, 2)
    }
  })

  it('gives the same from a tensor, typed arrays, nested arrays and streams of any batch size', async () => {
    const x = signed([50, 2, 3])
    const weights = async (data: Parameters<Normalization['adapt']>[0]) => {
      const layer = make()
      await layer.adapt(data)
      return layer.weights.map((weight) => Array.from(weight.data()))
    }
    const wanted = await weights(x)
    const shaped = { data: x.data(), shape: x.shape }
    const list = [x.slice([0], [20]), x.slice([20])]
    const pairs = list.map((part): [Tensor, Tensor] => [part, ones([part.shape[0] as number])])
    for (const data of [shaped, x.toArray(), list, pairs, inBatches(x, 7), inBatches(x, 50, (x) => [x, x])]) {
      const found = await weights(data)
      expect(found[2]).toEqual([50])
      for (const [i, values] of found.entries()) expect(difference(values, wanted[i] as number[], bound)).toBeNull()
    }
  })

  it('is stable where the mean is far larger than the spread, across parts', () => {
    const moments = new RunningMoments(1)
    const place = new Int32Array(1)
    for (let part = 0; part < 1000; part++) moments.add([1e9 - 1, 1e9 + 1], place)
    expect(moments.means[0]).toBe(1e9)
    expect(moments.variances[0]).toBe(1)
  })

  it('forgets the data before when it adapts again', async () => {
    const layer = make({ axis: null })
    await layer.adapt(tensor([1, 2, 3, 4], [2, 2]))
    await layer.adapt(tensor([10, 10], [1, 2]))
    expect(layer.weights.map((weight) => weight.item())).toEqual([10, 0, 1])
    expect(layer.call(tensor([[10, 10]])).toArray()).toEqual([[0, 0]])
  })

  it('works in a model, whose weights carry the statistics', async () => {
    const x = signed([40, 3])
    const build = () =>
      sequential({ layers: [make({ name: 'n' }), layers.dense({ units: 1, kernelInitializer: 'ones' })] })
    const model = build()
    await (model.layers[0] as Normalization).adapt(x)
    const y = await model.predict(x)
    expectEager((x) => [model.call(x as Tensor)], [x], 'normalization')
    const other = build()
    other.ensureBuilt([3])
    other.setWeights(model.getWeights())
    expect((await other.predict(x)).data()).toEqual(y.data())
    expect(model.countParams()).toEqual({ total: 11, trainable: 4, nonTrainable: 7 })
  })

  it('says what to do before adapt', async () => {
    const layer = make({ name: 'n' })
    const message =
      '[Normalization "n"] has no statistics yet: await layer.adapt(data) first, or give mean and variance'
    layer.ensureBuilt([2])
    expect(failure(() => layer.call(ones([1, 2])))).toEqual({ code: 'ERR_ARGUMENT', message })
    const model = sequential({ layers: [layer] })
    await expect(model.predict(ones([1, 2]))).rejects.toThrow(message)
    model.setWeights(model.getWeights())
    await expect(model.predict(ones([1, 2]))).rejects.toThrow(message)
  })

  it('keeps its statistics when adapting fails', async () => {
    const layer = make()
    await layer.adapt(tensor([[1, 2]]))
    const before = layer.weights.map((weight) => weight.toArray())
    expect((await rejection(layer.adapt(tensor([[Number.NaN, 1]])))).code).toBe('ERR_NOT_FINITE')
    expect((await rejection(layer.adapt(tensor([[1, 2, 3]])))).code).toBe('ERR_SHAPE')
    expect((await rejection(layer.adapt(zeros([0, 2])))).code).toBe('ERR_ARGUMENT')
    expect((await rejection(layer.adapt('x' as never))).message).toContain('data must be a Tensor')
    const broken = async function* () {
      yield ones([1, 2])
      throw new Error('the stream broke')
    }
    await expect(layer.adapt(broken())).rejects.toThrow('the stream broke')
    expect(layer.weights.map((weight) => weight.toArray())).toEqual(before)
  })

  it('refuses wrong options and shapes', async () => {
    expect(failure(() => make({ axis: 0 })).message).toContain('axis must be')
    expect(failure(() => make({ axis: [1, 0.5] })).message).toContain('got [1, 0.5]')
    expect(failure(() => make({ mean: 1 })).message).toContain('only mean was given')
    expect(failure(() => make({ mean: 1, variance: -1 })).message).toContain('variance must not be negative')
    expect(failure(() => make({ mean: [1, 2, 3], variance: 1 }).ensureBuilt([2]))).toMatchObject({ code: 'ERR_SHAPE' })
    expect(failure(() => make({ axis: 3 }).ensureBuilt([2, 2])).message).toContain(
      'axis 3 does not fit inputs of [2, 2]',
    )
    expect(failure(() => make({ axis: [1, -1] }).ensureBuilt([2])).code).toBe('ERR_SHAPE')
    expect((await rejection(make({ mean: 0, variance: 1 }).adapt(ones([2, 2])))).message).toContain('cannot adapt')
  })
})

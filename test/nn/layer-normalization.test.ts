import { describe, expect, it } from 'vitest'
import { sequential } from '../../lib/model/index.js'
import * as layers from '../../lib/nn/layers/index.js'
import type { LayerNormalizationOptions } from '../../lib/nn/layers/layer-normalization.js'
import * as ops from '../../lib/ops/index.js'
import { ones, tensor } from '../../lib/tensor/creation.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { expectEager, withGradients } from '../graph/equality.js'
import { failure } from '../helpers/failure.js'
import { difference, type GoldenArray, golden, toTensor } from '../helpers/golden.js'
import { signed } from '../helpers/random.js'

interface Case {
  options: LayerNormalizationOptions
  x: GoldenArray
  weights: GoldenArray[]
  upstream: GoldenArray
  y: GoldenArray
  dx: GoldenArray
  dweights: GoldenArray[]
}

const { cases } = golden<{ cases: Case[] }>('layer-normalization')

describe('layer normalization along several axes', () => {
  it.each(cases.map((given) => [JSON.stringify(given.options), given] as const))('is that of Keras: %s', (_, given) => {
    const layer = layers.layerNormalization(given.options)
    const x = toTensor(given.x)
    x.requiresGrad = true
    layer.ensureBuilt(x.shape.slice(1))
    expect(layer.weights.map(({ shape }) => shape)).toEqual(given.weights.map(({ shape }) => shape))
    for (const [i, weight] of layer.weights.entries()) weight.assign(toTensor(given.weights[i] as GoldenArray))
    const y = layer.call(x)
    y.backward(toTensor(given.upstream))
    const found = [y, x.grad, ...layer.weights.map(({ grad }) => grad)]
    for (const [i, wanted] of [given.y, given.dx, ...given.dweights].entries()) {
      expect(found[i]?.shape).toEqual(wanted.shape)
      expect(
        difference((found[i] as Tensor).data(), wanted.data, { relative: 1e-5, absolute: 2e-6 }),
        `${i}`,
      ).toBeNull()
    }
  })

  it('is the same compiled as eagerly, gradients included', () => {
    const layer = layers.layerNormalization({ axis: [-2, -1] })
    layer.ensureBuilt([5, 7, 9])
    const f = (x: Tensor): Tensor[] => [layer.call(x)]
    expectEager(withGradients(f as (...x: Tensor[]) => Tensor[]), [signed([6, 5, 7, 9])], 'layerNormalization')
  })

  it('normalizes all of a sample as the flattened one', () => {
    const x = signed([3, 4, 5])
    const layer = layers.layerNormalization({ axis: [1, 2] })
    layer.ensureBuilt([4, 5])
    const flat = ops.layerNormalization(x.reshape([3, 20]), ones([20]), tensor(Array(20).fill(0)))
    expect(layer.call(x).reshape([3, 20]).toArray()).toEqual(flat.toArray())
  })

  it('trains in a model, and takes other sizes along the other axes alone', async () => {
    const layer = layers.layerNormalization({ axis: [-2, -1], inputShape: [2, 4, 3] })
    const model = sequential({ layers: [layer, layers.flatten(), layers.dense({ units: 1 })] })
    model.compile({ optimizer: 'adam', loss: 'meanSquaredError' })
    const { history } = await model.fit(signed([32, 2, 4, 3]), signed([32, 1]), { epochs: 20, verbose: 0 })
    expect(history.loss?.[19]).toBeLessThan(history.loss?.[0] as number)
    const alone = layers.layerNormalization({ axis: [-2, -1] })
    alone.ensureBuilt([2, 4, 3])
    expect(alone.call(signed([2, 7, 4, 3])).shape).toEqual([2, 7, 4, 3])
    alone.ensureBuilt([9, 4, 3])
    expect(failure(() => alone.ensureBuilt([2, 3, 4])).code).toBe('ERR_SHAPE')
  })

  it('is written down as it was given', () => {
    for (const axis of [-1, 2, [2], [1, 2]]) {
      const config = layers.layerNormalization({ axis }).getConfig()
      expect(config.axis).toEqual(axis)
      expect(layers.layerNormalization(JSON.parse(JSON.stringify(config))).getConfig()).toEqual(config)
    }
  })

  it('refuses other lists', () => {
    const refused: [unknown, RegExp][] = [
      [[], /^\[LayerNormalization "\w+"\] axis must be a whole number other than 0.*or a list.*got \[\]/],
      [[0, 1], /axis must be .* got \[0, 1\]/],
      [[1.5], /axis must be .* got \[1.5\]/],
      ['last', /axis must be .* got "last"/],
    ]
    for (const [axis, message] of refused)
      expect(failure(() => layers.layerNormalization({ axis: axis as number }))).toEqual({
        code: 'ERR_ARGUMENT',
        message: expect.stringMatching(message),
      })
    const misplaced: [number[], RegExp][] = [
      [[1, 3], /must be the last ones in their order, such as \[-2, -1\], got \[1, 3\] for inputs of \[4, 5, 6\]/],
      [[1, 2], /transpose/],
      [[-1, -2], /in their order/],
      [[3, 3], /in their order/],
      [[3, 4], /there is no axis 4/],
      [[-4, -3, -2, -1], /there is no axis -4 but the batch/],
    ]
    for (const [axis, message] of misplaced)
      expect(failure(() => layers.layerNormalization({ axis }).ensureBuilt([4, 5, 6]))).toEqual({
        code: 'ERR_SHAPE',
        message: expect.stringMatching(message),
      })
  })
})

import { describe, expect, it } from 'vitest'
import { gradients } from '../../lib/autodiff/backward.js'
import { layers } from '../../lib/nn/index.js'
import { mul, sum } from '../../lib/ops/index.js'
import { tensor } from '../../lib/tensor/creation.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { failure } from '../helpers/failure.js'
import { difference, type GoldenArray, golden, toTensor } from '../helpers/golden.js'
import { signed } from '../helpers/random.js'

/** Wu & He 2018, equations 1 to 7, in double, on x [batch, positions, channels]. */
function byFormula(x: Tensor, groups: number, epsilon = 1e-3): number[] {
  const [batch, positions, channels] = x.shape as [number, number, number]
  const [values, size] = [x.data(), channels / groups]
  const found = new Array<number>(x.size)
  for (let n = 0; n < batch; n++)
    for (let g = 0; g < groups; g++) {
      const places = Array.from({ length: positions * size }, (_, i) => {
        const [position, channel] = [Math.floor(i / size), g * size + (i % size)]
        return (n * positions + position) * channels + channel
      })
      const mean = places.reduce((total, i) => total + (values[i] as number), 0) / places.length
      const variance = places.reduce((total, i) => total + ((values[i] as number) - mean) ** 2, 0) / places.length
      for (const i of places) found[i] = ((values[i] as number) - mean) / Math.sqrt(variance + epsilon)
    }
  return found
}

const largest = (found: ArrayLike<number>, wanted: readonly number[]): number =>
  wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - (found[i] as number))), 0)

interface Case {
  groups: number
  axis: number
  epsilon: number
  x: GoldenArray
  gamma: GoldenArray
  beta: GoldenArray
  upstream: GoldenArray
  y: GoldenArray
  /** Of x, gamma, beta. */
  gradients: GoldenArray[]
}
const { groupNormalization: cases } = golden<{ groupNormalization: Case[] }>('layers')

describe('groupNormalization', () => {
  it.each(cases)(
    'is that of Keras, with its gradients: $groups groups, axis $axis',
    ({ groups, axis, epsilon, ...given }) => {
      const layer = layers.groupNormalization({ groups, axis, epsilon })
      const inputs = toTensor(given.x)
      layer.ensureBuilt(inputs.shape.slice(1))
      layer.weights[0]?.assign(toTensor(given.gamma))
      layer.weights[1]?.assign(toTensor(given.beta))
      const leaf = tensor(inputs.data(), inputs.shape, { requiresGrad: true })
      const y = layer.call(leaf)
      expect(difference(y.data(), given.y.data, { relative: 1e-5, absolute: 2e-6 })).toBeNull()
      const found = gradients(sum(mul(y, toTensor(given.upstream))), [leaf, ...layer.weights]) as Tensor[]
      for (const [i, wanted] of given.gradients.entries())
        expect(difference((found[i] as Tensor).data(), wanted.data, { relative: 1e-5, absolute: 5e-6 })).toBeNull()
    },
  )

  const x = signed([3, 5, 8])

  it.each([1, 2, 4, 8])('into %i groups is that of its paper', (groups) => {
    const y = layers.groupNormalization({ groups }).apply(x)
    expect(y.shape).toEqual(x.shape)
    expect(largest(y.data(), byFormula(x, groups))).toBeLessThan(2e-6)
  })

  it('is instance normalization for -1, and takes an axis, epsilon and samples of one axis', () => {
    expect(largest(layers.groupNormalization({ groups: -1 }).apply(x).data(), byFormula(x, 8))).toBeLessThan(2e-6)
    const first = layers.groupNormalization({ groups: 2, axis: 1, epsilon: 0.5 }).apply(x.transpose([0, 2, 1]))
    expect(largest(first.transpose([0, 2, 1]).data(), byFormula(x, 2, 0.5))).toBeLessThan(2e-6)
    const flat = signed([4, 6])
    const wanted = byFormula(flat.reshape([4, 1, 6]), 3)
    expect(largest(layers.groupNormalization({ groups: 3 }).apply(flat).data(), wanted)).toBeLessThan(2e-6)
  })

  it('multiplies by gamma and adds beta, each a channel, or leaves them out', () => {
    const layer = layers.groupNormalization({ groups: 2 })
    layer.ensureBuilt([5, 8])
    const [gamma, beta] = [signed([8], 1), signed([8], 2)]
    layer.weights[0]?.assign(gamma)
    layer.weights[1]?.assign(beta)
    const wanted = byFormula(x, 2).map((v, i) => v * (gamma.data()[i % 8] as number) + (beta.data()[i % 8] as number))
    expect(largest(layer.call(x).data(), wanted)).toBeLessThan(4e-6)
    expect(layer.weights.map(({ name, shape }) => [name.split('/')[1], shape])).toEqual([
      ['gamma', [8]],
      ['beta', [8]],
    ])
    const bare = layers.groupNormalization({ groups: 2, scale: false, center: false })
    expect(largest(bare.apply(x).data(), byFormula(x, 2))).toBeLessThan(2e-6)
    expect(bare.weights).toEqual([])
  })

  it('has the gradient of its formula', () => {
    const [small, weights] = [signed([2, 3, 4]), signed([2, 3, 4], 5)]
    const layer = layers.groupNormalization({ groups: 2 })
    layer.ensureBuilt([3, 4])
    const given = tensor(small.data(), [2, 3, 4], { requiresGrad: true })
    const [found] = gradients(sum(mul(layer.call(given), weights)), [given]) as [Tensor]
    const objective = (values: Float32Array): number =>
      byFormula(tensor(values, [2, 3, 4]), 2).reduce((total, y, i) => total + y * (weights.data()[i] as number), 0)
    const h = 2 ** -9
    for (let i = 0; i < small.size; i++) {
      const moved = (by: number): number => {
        const values = small.data() as Float32Array
        values[i] = (values[i] as number) + by
        return objective(values)
      }
      expect(Math.abs((moved(h) - moved(-h)) / (2 * h) - (found.data()[i] as number))).toBeLessThan(2e-3)
    }
  })

  it('refuses groups that do not divide the channels, axes that are not there, wrong options', () => {
    expect(failure(() => layers.groupNormalization({ groups: 3, name: 'g' }).ensureBuilt([5, 8]))).toEqual({
      code: 'ERR_SHAPE',
      message: '[GroupNormalization "g"] 8 channels do not fall into 3 groups of one size',
    })
    expect(failure(() => layers.groupNormalization({ axis: 3 }).ensureBuilt([5, 8])).message).toContain('no axis 3')
    expect(failure(() => layers.groupNormalization({ groups: 0 })).message).toContain('groups must be a positive')
    expect(failure(() => layers.groupNormalization({ axis: 0 })).message).toContain('other than 0, which is the batch')
    expect(failure(() => layers.groupNormalization({ epsilon: -1 })).message).toContain('epsilon must not be negative')
  })
})

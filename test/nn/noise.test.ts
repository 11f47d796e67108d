import { describe, expect, it } from 'vitest'
import { gradients } from '../../lib/autodiff/backward.js'
import { compile } from '../../lib/graph/compile.js'
import type { Layer } from '../../lib/nn/layer.js'
import * as layers from '../../lib/nn/layers/index.js'
import { sum } from '../../lib/ops/index.js'
import { full, ones, randomNormal, tensor } from '../../lib/tensor/creation.js'
import { setSeed } from '../../lib/tensor/random.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { bits, withGradients } from '../graph/equality.js'
import { failure } from '../helpers/failure.js'
import { equalBits, onInstructionSet, withThreads } from '../helpers/machine.js'
import { signed } from '../helpers/random.js'

const training = { training: true }
const shape = [500, 4, 100]
const n = 500 * 4 * 100

function moments(x: Tensor): { mean: number; variance: number } {
  const values = Array.from(x.data())
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length
  return { mean, variance: values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length }
}

const all: Record<string, (seed?: number) => Layer> = {
  dropout: (seed) => layers.dropout({ rate: 0.3, seed }),
  spatialDropout: (seed) => layers.spatialDropout({ rate: 0.3, seed }),
  gaussianDropout: (seed) => layers.gaussianDropout({ rate: 0.3, seed }),
  gaussianNoise: (seed) => layers.gaussianNoise({ stddev: 0.3, seed }),
  alphaDropout: (seed) => layers.alphaDropout({ rate: 0.3, seed }),
}

describe.each(Object.entries(all))('%s', (_, make) => {
  it('is the identity but in training', () => {
    const x = signed([2, 3, 4])
    const layer = make()
    layer.ensureBuilt([3, 4])
    expect(layer.call(x, {})).toBe(x)
    expect(layer.call(x, { training: false })).toBe(x)
    expect(layer.outputShape).toEqual([3, 4])
    expect(bits(layer.call(x, training))).not.toBe(bits(x))
  })

  it('draws the same again for the same seed, and otherwise at each call and in each layer', () => {
    const x = ones([20, 5, 10])
    const draws = (...made: Layer[]) => made.map((layer) => bits(layer.call(x, training)))
    setSeed(4)
    const [a, b] = [make(), make()]
    const first = draws(a, b, a)
    expect(new Set(first).size).toBe(3)
    setSeed(4)
    const [c, d] = [make(), make()]
    expect(draws(c, d, c)).toEqual(first)
    const seeded = make(9)
    const twice = draws(seeded, seeded)
    expect(new Set(twice).size).toBe(2)
    setSeed(5)
    const again = make(9)
    expect(draws(again, again)).toEqual(twice)
    expect(draws(make(10))[0]).not.toBe(twice[0])
  })

  it.each([undefined, 7])('is the same compiled, call after call, with its gradient (seed %s)', (seed) => {
    const x = signed([60, 7, 50])
    const run = (compiled: boolean): string[] => {
      setSeed(3)
      const layer = make(seed)
      const f = withGradients((x) => [layer.call(x as Tensor, training)]) as (x: Tensor) => readonly Tensor[]
      const g = compiled ? compile(f) : f
      return [1, 2, 3].flatMap(() => g(x).map(bits))
    }
    for (const isa of equalBits)
      for (const threads of [1, 2])
        onInstructionSet(isa, () => withThreads(threads, () => expect(run(true)).toEqual(run(false))))
  })

  it('refuses a wrong seed', () => {
    expect(failure(() => make(-1)).message).toMatch(/seed must be a whole number from 0, got -1$/)
  })
})

describe('what they do', () => {
  it('spatialDropout drops whole channels', () => {
    setSeed(1)
    const values = layers.spatialDropout({ rate: 0.25 }).call(ones(shape), training).data()
    let dropped = 0
    for (let sample = 0; sample < 500; sample++)
      for (let channel = 0; channel < 100; channel++) {
        const first = values[sample * 400 + channel] as number
        expect(first === 0 || first === Math.fround(1 / 0.75)).toBe(true)
        for (let row = 1; row < 4; row++) expect(values[sample * 400 + row * 100 + channel]).toBe(first)
        dropped += Number(first === 0)
      }
    expect(Math.abs(dropped / 50_000 - 0.25)).toBeLessThan(5 * Math.sqrt((0.25 * 0.75) / 50_000))
    expect(failure(() => layers.spatialDropout({ rate: 0.5, name: 's' }).ensureBuilt([3]))).toEqual({
      code: 'ERR_SHAPE',
      message:
        '[SpatialDropout "s"] needs samples of two axes or more, […, channels], got [3] (without the batch axis)',
    })
  })

  it('gaussianDropout multiplies by N(1, rate / (1 − rate))', () => {
    setSeed(2)
    const { mean, variance } = moments(layers.gaussianDropout({ rate: 0.2 }).call(full(shape, 3), training))
    expect(Math.abs(mean - 3)).toBeLessThan((5 * 3 * 0.5) / Math.sqrt(n))
    expect(Math.abs(variance / (9 * 0.25) - 1)).toBeLessThan(5 * Math.sqrt(2 / n))
  })

  it('gaussianNoise adds N(0, stddev²)', () => {
    setSeed(2)
    const { mean, variance } = moments(layers.gaussianNoise({ stddev: 0.5 }).call(full(shape, 3), training))
    expect(Math.abs(mean - 3)).toBeLessThan((5 * 0.5) / Math.sqrt(n))
    expect(Math.abs(variance / 0.25 - 1)).toBeLessThan(5 * Math.sqrt(2 / n))
    for (const stddev of [-1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(failure(() => layers.gaussianNoise({ stddev })).message).toContain(`stddev must`)
  })

  it.each([0.05, 0.3, 0.7])('alphaDropout at rate %d keeps mean 0 and variance 1', (rate) => {
    const x = randomNormal(shape, { seed: 1 })
    setSeed(3)
    const y = layers.alphaDropout({ rate }).call(x, training)
    const { mean, variance } = moments(y)
    expect(Math.abs(mean)).toBeLessThan(0.02)
    expect(Math.abs(variance - 1)).toBeLessThan(0.03)
    // What was dropped is one value: a·α′ + b.
    const limit = -1.7580993408473766
    const a = ((1 - rate) * (1 + rate * limit ** 2)) ** -0.5
    const dropped = a * limit - a * limit * rate
    const share = y.data().filter((v) => Math.abs(v - dropped) < 1e-6).length / n
    expect(Math.abs(share - rate)).toBeLessThan(5 * Math.sqrt((rate * (1 - rate)) / n))
  })

  it('alphaDropout hides what it drops, however large', () => {
    const x = tensor(new Float32Array(1000).fill(Number.NaN), [1000, 1])
    const y = layers.alphaDropout({ rate: 0.5, seed: 1 }).call(x, training).data()
    const finite = y.filter(Number.isFinite)
    expect(finite.length).toBeGreaterThan(400)
    expect(new Set(finite).size).toBe(1)
  })

  it('pass gradients where they pass inputs', () => {
    const x = tensor(new Float32Array(200).fill(1), [10, 2, 10], { requiresGrad: true })
    for (const make of [all.spatialDropout, all.gaussianDropout]) {
      const y = (make as (seed: number) => Layer)(3).call(x, training)
      expect(bits(gradients(sum(y), [x])[0] as Tensor)).toBe(bits(y))
    }
  })

  it('take whole numbers', () => {
    const x = tensor(
      Int32Array.from({ length: 64 }, () => 2),
      [4, 4, 4],
    )
    for (const make of Object.values(all)) expect(make(1).call(x, training).dtype).toBe('float32')
  })

  it.each([
    ['spatialDropout', layers.spatialDropout],
    ['gaussianDropout', layers.gaussianDropout],
    ['alphaDropout', layers.alphaDropout],
    ['dropout', layers.dropout],
  ])('%s refuses a rate outside [0, 1], drops nothing at 0 and everything at 1', (_, make) => {
    for (const rate of [1.01, -0.1, Number.NaN, '0.5' as never])
      expect(failure(() => make({ rate })).message).toMatch(/rate must be a number from 0 to 1, got/)
    const x = ones([2, 2, 2])
    expect(make({ rate: 0 }).call(x, training)).toBe(x)
    const wild = tensor([-1, Number.POSITIVE_INFINITY, Number.NaN, 4], [1, 2, 2], { requiresGrad: true })
    const y = make({ rate: 1 }).call(wild, training)
    expect([...y.data()]).toEqual([0, 0, 0, 0])
    y.sum().backward()
    expect([...(wild.grad?.data() ?? [])]).toEqual([0, 0, 0, 0])
    expect(make({ rate: 1 }).call(x)).toBe(x)
    expect(make({ rate: 1 }).call(tensor(new Int32Array(8), [2, 2, 2]), training).dtype).toBe('float32')
  })
})

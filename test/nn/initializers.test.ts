import { describe, expect, it } from 'vitest'
import * as initializers from '../../lib/nn/initializers/index.js'
import { fans, type Initializer } from '../../lib/nn/initializers/initializer.js'
import { setSeed } from '../../lib/tensor/random.js'
import { getInitializer } from '../helpers/choices.js'
import { failure } from '../helpers/failure.js'

const shape = [400, 600]
const n = 400 * 600

function statistics(values: ArrayLike<number>) {
  const all = Array.from(values)
  const mean = all.reduce((sum, v) => sum + v, 0) / all.length
  const variance = all.reduce((sum, v) => sum + (v - mean) ** 2, 0) / all.length
  return { mean, variance, least: Math.min(...all.slice(0, 100_000)), most: Math.max(...all.slice(0, 100_000)) }
}

describe('random initializers', () => {
  const named = { glorot: 2 / (400 + 600), he: 2 / 400, lecun: 1 / 400 }
  const cases = [
    { name: 'randomNormal', variance: 0.05 ** 2, bound: 0.3 },
    { name: 'randomUniform', variance: 0.1 ** 2 / 12, bound: 0.05 },
    { name: 'truncatedNormal', variance: (0.05 * 0.87962566103423978) ** 2, bound: 0.1 },
    ...Object.entries(named).flatMap(([name, variance]) => [
      { name: `${name}Normal`, variance, bound: (2 * Math.sqrt(variance)) / 0.87962566103423978 },
      { name: `${name}Uniform`, variance, bound: Math.sqrt(3 * variance) },
    ]),
    { name: 'varianceScaling', variance: 1 / 400, bound: (2 * Math.sqrt(1 / 400)) / 0.87962566103423978 },
  ] as const

  it.each(cases)('$name has mean 0, variance $variance and its bounds', ({ name, variance, bound }) => {
    setSeed(1)
    const found = statistics(getInitializer(name as 'heNormal')(shape).data())
    const sigma = Math.sqrt(variance)
    expect(Math.abs(found.mean)).toBeLessThan((5 * sigma) / Math.sqrt(n))
    expect(Math.abs(found.variance / variance - 1)).toBeLessThan(0.015)
    expect(found.most).toBeLessThanOrEqual(bound * 1.000001)
    expect(found.least).toBeGreaterThanOrEqual(-bound * 1.000001)
    if (name !== 'randomNormal') expect(found.most).toBeGreaterThan(bound * 0.99)
  })

  it.each(['fanIn', 'fanOut', 'fanAvg'] as const)('varianceScaling scales by %s in each distribution', (mode) => {
    const fan = { fanIn: 400, fanOut: 600, fanAvg: 500 }[mode]
    for (const distribution of ['truncatedNormal', 'untruncatedNormal', 'uniform'] as const) {
      const { variance } = statistics(initializers.varianceScaling({ scale: 16, mode, distribution })(shape).data())
      expect(Math.abs(variance / (16 / fan) - 1)).toBeLessThan(0.015)
    }
  })

  it('randomWalk is normal with the gains of its paper', () => {
    const gains = { linear: Math.exp(1 / 800), relu: Math.SQRT2 * Math.exp(1.2 / 397.6) }
    for (const activation of ['linear', 'relu'] as const) {
      const { variance } = statistics(initializers.randomWalk({ activation })(shape).data())
      expect(Math.abs((variance * 400) / gains[activation] ** 2 - 1)).toBeLessThan(0.015)
    }
    expect(failure(() => initializers.randomWalk({ activation: 'tanh' as 'relu' })).message).toMatch(
      /^\[randomWalk\] activation must be linear or relu, got "tanh"$/,
    )
  })

  it('takes mean, stddev and bounds', () => {
    const normal = statistics(initializers.randomNormal({ mean: 2, stddev: 0.5 })(shape).data())
    expect(normal.mean).toBeCloseTo(2, 2)
    expect(normal.variance).toBeCloseTo(0.25, 2)
    const uniform = statistics(initializers.randomUniform({ minval: 1, maxval: 2 })(shape).data())
    expect(uniform.least).toBeGreaterThanOrEqual(1)
    expect(uniform.most).toBeLessThanOrEqual(2)
  })

  it('draws anew each time, the same again after setSeed, and always the same with a seed', () => {
    const draw = () => Array.from(initializers.heNormal()([3, 4]).data())
    setSeed(7)
    const [first, second] = [draw(), draw()]
    expect(second).not.toEqual(first)
    setSeed(7)
    expect([draw(), draw()]).toEqual([first, second])

    const seeded = initializers.heNormal({ seed: 3 })
    const values = Array.from(seeded([3, 4]).data())
    expect(Array.from(seeded([3, 4]).data())).toEqual(values)
    setSeed(8)
    expect(Array.from(initializers.heNormal({ seed: 3 })([3, 4]).data())).toEqual(values)
    expect(Array.from(initializers.heNormal({ seed: 4 })([3, 4]).data())).not.toEqual(values)
  })
})

describe('fans', () => {
  it('counts connections as Keras does', () => {
    expect(fans([784, 300])).toEqual({ fanIn: 784, fanOut: 300 })
    expect(fans([3, 5, 16, 32])).toEqual({ fanIn: 240, fanOut: 480 })
    expect(fans([7])).toEqual({ fanIn: 7, fanOut: 7 })
    expect(fans([])).toEqual({ fanIn: 1, fanOut: 1 })
  })
})

describe('orthogonal', () => {
  it.each([[[40, 40]], [[60, 20]], [[20, 60]], [[3, 3, 4, 10]]])('has orthonormal rows or columns: %j', (shape) => {
    const columns = shape.at(-1) as number
    const rows = shape.reduce((p, s) => p * s, 1) / columns
    const values = initializers.orthogonal({ gain: 2 })(shape).data()
    const at = (i: number, j: number) => (rows < columns ? values[i * columns + j] : values[j * columns + i]) as number
    const [count, length] = rows < columns ? [rows, columns] : [columns, rows]
    for (let a = 0; a < count; a++)
      for (let b = 0; b <= a; b++) {
        let dot = 0
        for (let k = 0; k < length; k++) dot += at(a, k) * at(b, k)
        expect(Math.abs(dot - (a === b ? 4 : 0))).toBeLessThan(2e-6)
      }
  })

  it('is evenly distributed: entries of the diagonal have both signs', () => {
    setSeed(0)
    let positive = 0
    for (let i = 0; i < 200; i++) positive += Number((initializers.orthogonal()([2, 2]).data()[0] as number) > 0)
    expect(positive).toBeGreaterThan(70)
    expect(positive).toBeLessThan(130)
  })
})

describe('constant initializers', () => {
  it('fill', () => {
    expect(initializers.zeros()([2]).toArray()).toEqual([0, 0])
    expect(initializers.ones()([2]).toArray()).toEqual([1, 1])
    expect(initializers.constant({ value: 3 })([1, 2]).toArray()).toEqual([[3, 3]])
    expect(initializers.identity({ gain: 2 })([2, 2]).toArray()).toEqual([
      [2, 0],
      [0, 2],
    ])
  })
})

describe('getInitializer', () => {
  it('takes a function', () => {
    expect(getInitializer(initializers.ones())([1]).toArray()).toEqual([1])
  })

  it('suggests the name that was meant', () => {
    expect(failure(() => getInitializer('he_normal' as 'heNormal', 'Dense "d"'))).toEqual({
      code: 'ERR_ARGUMENT',
      message: expect.stringMatching(
        /^\[Dense "d"\] unknown initializer "he_normal"\. Did you mean "heNormal"\? Known: .*zeros/,
      ),
    })
    expect(failure(() => getInitializer('foo' as 'ones')).message).not.toContain('Did you mean')
    expect(failure(() => getInitializer('toString' as 'ones')).code).toBe('ERR_ARGUMENT')
  })

  it('refuses options that it does not know', () => {
    for (const [name, factory] of Object.entries<(options: object) => Initializer>(initializers))
      for (const options of [{ seet: 1 }, null, 3])
        expect(failure(() => factory(options as object)).message).toMatch(
          new RegExp(`^\\[${name}\\] (unknown option "seet"|the options)`),
        )
  })

  it('refuses wrong options and shapes', () => {
    expect(() => initializers.randomNormal({ stddev: -1 })).toThrow(/\[randomNormal\] stddev .* got -1/)
    expect(() => initializers.randomUniform({ minval: 1, maxval: 0 })).toThrow(/minval .* 1 and 0/)
    expect(() => initializers.varianceScaling({ scale: 0 })).toThrow(/scale/)
    expect(() => initializers.varianceScaling({ mode: 'fan' as 'fanIn' })).toThrow(
      /mode must be fanIn, fanOut or fanAvg, got "fan"/,
    )
    expect(() => initializers.heNormal({ seed: 0.5 })).toThrow(/^\[heNormal\] seed .* got 0\.5$/)
    expect(failure(() => initializers.orthogonal()([3])).code).toBe('ERR_SHAPE')
    expect(failure(() => initializers.identity()([3, 2])).message).toContain('[3, 2]')
  })
})

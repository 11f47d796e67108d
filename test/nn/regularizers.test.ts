import { describe, expect, it } from 'vitest'
import { gradients } from '../../lib/autodiff/backward.js'
import { type RegularizerLike, regularizerRegistry } from '../../lib/nn/choices.js'
import * as regularizers from '../../lib/nn/regularizers/index.js'
import type { Regularizer } from '../../lib/nn/regularizers/regularizer.js'
import { mul, sum } from '../../lib/ops/index.js'
import { tensor } from '../../lib/tensor/creation.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { expectEager, withGradients } from '../graph/equality.js'
import { getRegularizer } from '../helpers/choices.js'
import { failure } from '../helpers/failure.js'
import { difference, type GoldenArray, golden, toTensor } from '../helpers/golden.js'
import { signed } from '../helpers/random.js'

interface Case {
  name: keyof typeof regularizers
  options: object
  w: GoldenArray
  penalty: GoldenArray
  gradient: GoldenArray
}

const { regularizers: cases } = golden<{ regularizers: Case[] }>('layers')
const bound = { relative: 1e-6, absolute: 1e-7 }

describe('regularizers', () => {
  it.each(cases)('$name $options is that of Keras, with its gradient', ({ name, options, w, penalty, gradient }) => {
    const regularizer = getRegularizer({ name, ...options }) as Regularizer
    const weight = toTensor(w)
    weight.requiresGrad = true
    const found = regularizer(weight)
    expect(found.shape).toEqual([])
    expect(difference(found.data(), penalty.data, bound)).toBeNull()
    const [slope] = gradients(mul(found, 3), [weight]) as [Tensor]
    expect(
      difference(
        slope.data(),
        gradient.data.map((v) => 3 * Number(v)),
        bound,
      ),
    ).toBeNull()
  })

  it.each(cases)('$name $options is the same compiled, with derivatives of both orders', ({ name, options }) => {
    const regularizer = getRegularizer({ name, ...options }) as Regularizer
    const f = (w: Tensor) => [regularizer(w)]
    expectEager(withGradients(f as never, { second: true }), [signed([5, 4])], name)
    expectEager(withGradients(f as never), [signed([600, 51])], `${name}, large`)
  })

  it('go by name, with the defaults', () => {
    const w = tensor([[1, -2]])
    const value = (given: RegularizerLike) => getRegularizer(given)?.(w).item()
    expect(value('l1')).toBeCloseTo(0.03, 7)
    expect(value('l2')).toBeCloseTo(0.05, 7)
    expect(value('l1l2')).toBe(0)
    expect(value(regularizers.l2(2))).toBe(10)
    expect(value(regularizers.l1({ l1: 2 }))).toBe(6)
    expect(value((w) => sum(w))).toBe(-1)
    expect(value('orthogonal')).toBe(0)
    expect(getRegularizer(null)).toBeNull()
  })

  it('are made again from their config', () => {
    for (const { name, options } of cases) {
      const made = getRegularizer({ name, ...options }, 'here') as Regularizer
      expect(
        getRegularizer(JSON.parse(JSON.stringify(regularizerRegistry.config(made, 'here', 'kernelRegularizer'))))
          ?.config,
      ).toEqual(made.config)
      expect(made.config).toMatchObject({ name, ...options })
    }
    expect(failure(() => regularizerRegistry.config((w) => sum(w), 'Dense "d"', 'kernelRegularizer'))).toMatchObject({
      code: 'ERR_FORMAT',
    })
  })

  it('are 0, with a gradient of 0, for a weight of zeros', () => {
    for (const { name, options } of cases) {
      const w = tensor(new Float32Array(6), [3, 2], { requiresGrad: true })
      const penalty = getRegularizer({ name, ...options })?.(w) as Tensor
      expect(penalty.item()).toBe(0)
      expect(Array.from((gradients(penalty, [w])[0] as Tensor).data(), Math.abs)).toEqual([0, 0, 0, 0, 0, 0])
    }
  })

  it('refuse unknown names and wrong strengths', () => {
    expect(failure(() => getRegularizer('L2' as 'l2', 'Dense "d"'))).toEqual({
      code: 'ERR_ARGUMENT',
      message: expect.stringMatching(
        /^\[Dense "d"\] unknown regularizer "L2"\. Did you mean "l2"\? Known: .*orthogonal/,
      ),
    })
    for (const value of [-1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(failure(() => regularizers.l2(value)).message).toBe(
        `[l2] the strength must be a finite number from 0, got ${value}`,
      )
    expect(failure(() => regularizers.l1({ l2: 1 } as never)).message).toContain('[l1] unknown option "l2"')
    expect(failure(() => regularizers.l1l2({ l1: -1 })).message).toContain('[l1l2] l1 must be')
    expect(failure(() => regularizers.orthogonal({ mode: 'row' as 'rows' })).message).toContain('got "row"')
    expect(failure(() => regularizers.orthogonal()(tensor([1, 2]))).code).toBe('ERR_SHAPE')
    expect(failure(() => getRegularizer(0.01 as never)).message).toContain('unknown regularizer 0.01')
  })
})

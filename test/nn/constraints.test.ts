import { describe, expect, it } from 'vitest'
import { constraintRegistry } from '../../lib/nn/choices.js'
import type { Constraint } from '../../lib/nn/constraints/constraint.js'
import * as constraints from '../../lib/nn/constraints/index.js'
import { mul } from '../../lib/ops/index.js'
import { tensor } from '../../lib/tensor/creation.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { expectEager } from '../graph/equality.js'
import { getConstraint } from '../helpers/choices.js'
import { failure } from '../helpers/failure.js'
import { difference, type GoldenArray, golden, toTensor } from '../helpers/golden.js'
import { signed } from '../helpers/random.js'

interface Case {
  name: keyof typeof constraints
  options: object
  w: GoldenArray
  result: GoldenArray
}

const { constraints: cases } = golden<{ constraints: Case[] }>('layers')
const made = ({ name, options }: Case): Constraint => getConstraint({ name, ...options }) as Constraint

describe('constraints', () => {
  it.each(cases)('$name $options is that of Keras', (given) => {
    const found = made(given)(toTensor(given.w))
    expect(difference(found.data(), given.result.data, { relative: 1e-6, absolute: 1e-7 })).toBeNull()
  })

  it.each(cases)('$name $options is the same compiled', (given) => {
    const f = (w: Tensor) => [made(given)(w)]
    expectEager(f as never, [signed([600, 501])], given.name)
  })

  it.each(cases)('$name $options leaves a weight of zeros finite, and NaN visible', (given) => {
    expect(Array.from(made(given)(tensor(new Float32Array(4), [2, 2])).data())).toEqual([0, 0, 0, 0])
    expect(made(given)(tensor([[Number.NaN, 1]])).data()[0]).toBeNaN()
  })

  it('maxNorm leaves what is within the limit as it is, however small', () => {
    const w = tensor([
      [1e-9, 0.2, 3],
      [-1e-9, -0.4, -4],
    ])
    const found = constraints.maxNorm({ maxValue: 0.5 })(w).data()
    expect([0, 1, 3, 4].map((i) => found[i])).toEqual([0, 1, 3, 4].map((i) => w.data()[i]))
    expect(found[2]).toBeCloseTo(0.3, 6)
    expect(found[5]).toBeCloseTo(-0.4, 6)
    expect(
      Array.from(
        constraints
          .maxNorm({ maxValue: 0 })(tensor([[1, 0]]))
          .data(),
      ),
    ).toEqual([0, 0])
  })

  it('keep norms in bounds', () => {
    const norms = (w: Tensor): number[] => Array.from(w.square().sum(0).sqrt().data())
    const w = signed([30, 20])
    for (const norm of norms(constraints.maxNorm()(w))) expect(norm).toBeLessThanOrEqual(2.000001)
    for (const norm of norms(constraints.unitNorm()(w))) expect(norm).toBeCloseTo(1, 5)
    for (const norm of norms(constraints.minMaxNorm({ minValue: 10, maxValue: 11 })(w))) expect(norm).toBeCloseTo(10, 4)
    expect(Math.min(...constraints.nonNeg()(w).data())).toBe(0)
  })

  it('go by name, are made again from their config, and may be functions', () => {
    for (const given of cases) {
      const { config } = made(given)
      expect(config).toMatchObject({ name: given.name, ...given.options })
      expect(getConstraint(JSON.parse(JSON.stringify(config)))?.config).toEqual(config)
    }
    expect(getConstraint('maxNorm')?.config).toEqual({ name: 'maxNorm', maxValue: 2, axis: 0 })
    expect(getConstraint((w) => mul(w, 0))?.(tensor([3])).item()).toBe(0)
    expect(getConstraint(undefined)).toBeNull()
    expect(failure(() => constraintRegistry.config((w) => w, 'Dense "d"', 'biasConstraint'))).toEqual({
      code: 'ERR_FORMAT',
      message:
        '[Dense "d"] biasConstraint is a function that no config can hold; register it by registerConstraint, or give one of constraints',
    })
  })

  it('refuse unknown names and wrong options', () => {
    expect(failure(() => getConstraint('max_norm' as 'maxNorm', 'Dense "d"')).message).toMatch(
      /^\[Dense "d"\] unknown constraint "max_norm"\. Did you mean "maxNorm"\?/,
    )
    expect(failure(() => constraints.maxNorm({ maxValue: -1 })).message).toBe(
      '[maxNorm] maxValue must be a finite number from 0, got -1',
    )
    expect(failure(() => constraints.maxNorm(3 as never)).message).toContain('the options must be an object, got 3')
    expect(failure(() => constraints.unitNorm({ axis: 0.5 })).message).toContain('axis must be a whole number')
    expect(failure(() => constraints.minMaxNorm({ minValue: 2 })).message).toContain('got 2 and 1')
    expect(failure(() => constraints.minMaxNorm({ rate: 2 })).message).toContain('rate must be a number from 0 to 1')
    expect(failure(() => constraints.nonNeg({ axis: 1 })).message).toContain('[nonNeg] unknown option "axis"')
    expect(failure(() => constraints.unitNorm({ axis: 3 })(tensor([[1]]))).code).toBe('ERR_ARGUMENT')
  })
})

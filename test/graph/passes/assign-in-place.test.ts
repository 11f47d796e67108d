import { describe, expect, it } from 'vitest'
import { compile } from '../../../lib/graph/compile.js'
import * as constraints from '../../../lib/nn/constraints/index.js'
import { add, assign, div, maximum, mul, square, sum } from '../../../lib/ops/index.js'
import { tensor } from '../../../lib/tensor/creation.js'
import { Parameter } from '../../../lib/tensor/parameter.js'
import type { Tensor } from '../../../lib/tensor/tensor.js'
import { equalBits, onInstructionSet, withThreads } from '../../helpers/machine.js'
import { signed } from '../../helpers/random.js'
import { bits } from '../equality.js'
import { fused, names, type Traced, withSpecials } from './harness.js'

type Step = (w: Parameter, x: Tensor) => Tensor

const make = () => new Parameter(tensor(withSpecials(signed([70, 501])), [70, 501]))
const x = signed([3, 4], 2)

/** What a step makes of a parameter, and what it returns, twice. */
function run(step: Step, compiled: boolean): string[] {
  const w = make()
  const f = (x: Tensor): Tensor => step(w, x)
  const called = compiled ? compile(f) : f
  const results = [1, 2].flatMap(() => [bits(called(x)), bits(w)])
  return [...results, `version ${w.version}`]
}

function expectEager(step: Step): void {
  for (const isa of equalBits)
    for (const threads of [1, 2])
      onInstructionSet(isa, () => withThreads(threads, () => expect(run(step, true), isa).toEqual(run(step, false))))
}

const assigns = (step: Step): boolean => {
  const w = make()
  const f: Traced = (x) => [step(w, x as Tensor)]
  return names(fused(f, [x])).includes('assign')
}

/** The step that assigns what f makes of the parameter. */
const assigning =
  (f: (w: Tensor) => Tensor): Step =>
  (w, x) => {
    assign(w, f(w), null)
    return sum(x)
  }

describe('writes into the parameter', () => {
  const products: [string, (w: Tensor) => Tensor][] = [
    ['a product with a row', (w) => mul(w, sum(w, 0, true))],
    ['a product with a column', (w) => mul(w, sum(w, 1, true))],
    ['a product with ones', (w) => mul(w, div(maximum(sum(square(w), 0, true), 1e30), 1e30))],
    ['a product with itself', (w) => mul(w, w)],
    ['a chain', (w) => add(mul(maximum(w, 0), w), w)],
  ]
  const made = Object.entries(constraints).map(([name, constraint]) => [name, constraint()] as const)

  it.each([...products, ...made])('%s', (_, f) => {
    expect(assigns(assigning(f))).toBe(false)
    expectEager(assigning(f))
  })
})

describe('keeps the assignment', () => {
  const steps: [string, Step][] = [
    ['of what does not read the parameter', assigning(() => mul(signed([70, 501], 4), 2))],
    ['of a view', assigning((w) => mul(w.reshape([501, 70]), 2).reshape([70, 501]))],
    [
      'in some steps only',
      (w, x) => {
        assign(w, mul(w, 2), () => 1)
        return sum(x)
      },
    ],
    [
      'where the parameter is read in between',
      (w, x) => {
        const doubled = mul(w, 2)
        const before = sum(w)
        assign(w, doubled, null)
        return add(before, sum(x))
      },
    ],
    [
      'of what is read again',
      (w, x) => {
        const doubled = mul(w, 2)
        assign(w, doubled, null)
        return add(sum(doubled), sum(x))
      },
    ],
  ]
  it.each(steps)('%s', (_, step) => {
    expect(assigns(step)).toBe(true)
    expectEager(step)
  })

  it('where an input may be the parameter itself', () => {
    const w = make()
    const f: Traced = (y) => {
      assign(w, mul(w, 2), null)
      return [sum(y as Tensor)]
    }
    expect(names(fused(f, [make()]))).toContain('assign')
    expect(names(fused(f, [x]))).not.toContain('assign')
  })
})

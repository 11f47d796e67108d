import { expect, it } from 'vitest'
import { compile } from '../../../lib/graph/compile.js'
import { add, assign, square, sum } from '../../../lib/ops/index.js'
import { Parameter } from '../../../lib/tensor/parameter.js'
import type { Tensor } from '../../../lib/tensor/tensor.js'
import { signed } from '../../helpers/random.js'
import { expectEager } from '../equality.js'
import { fused, names, type Traced } from './harness.js'

it.each<[string, Traced]>([
  ['all', (x) => [sum(square(x as Tensor))]],
  ['columns', (x) => [sum(square(x as Tensor), 0, true)]],
  ['rows', (x) => [sum(square(x as Tensor), 1)]],
])('sums the squares of %s with the bits of squaring first', (name, f) => {
  const x = signed([300, 140])
  expect(names(fused(f, [x]))).toContain('sumSquares')
  expect(names(fused(f, [x]))).not.toContain('square')
  expectEager(f, [x], name)
})

it('leaves squares alone that somebody else reads', () => {
  const f: Traced = (x) => {
    const y = square(x as Tensor)
    return [sum(y), add(y, 1)]
  }
  expect(names(fused(f, [signed([30, 40])]))).not.toContain('sumSquares')
})

it('squares a parameter before it changes', () => {
  const make = () => new Parameter(signed([30, 40]))
  const run = (w: Parameter, compiled: boolean) => {
    const f = (x: Tensor) => {
      const y = square(w)
      assign(w, x, () => 1)
      return [sum(y)]
    }
    return ((compiled ? compile(f) : f)(signed([30, 40], 5))[0] as Tensor).item()
  }
  expect(run(make(), true)).toBe(run(make(), false))
})

import { describe, expect, it } from 'vitest'
import { grad } from '../../../lib/autodiff/functional.js'
import { compile } from '../../../lib/graph/compile.js'
import * as ops from '../../../lib/ops/index.js'
import { tensor } from '../../../lib/tensor/creation.js'
import type { Tensor } from '../../../lib/tensor/tensor.js'
import { binaryOps, derivativeOps, unaryOps } from '../../helpers/elementwise.js'
import { withThreads } from '../../helpers/machine.js'
import { positive, signed } from '../../helpers/random.js'
import { bits, expectEqualBits, fused, names, type Traced, withSpecials } from './harness.js'

const special = (shape: readonly number[], seed = 1): Tensor => tensor(withSpecials(signed(shape, seed)), shape)

/** Ops that take more than a tensor, or go by another name. */
const applied: Record<string, (x: Tensor) => Tensor> = {
  clip: (x) => ops.clip(x, -1, Number.POSITIVE_INFINITY),
  leakyRelu: (x) => ops.leakyRelu(x, 0.3),
  elu: (x) => ops.elu(x, 0.7),
  geluTanh: (x) => ops.gelu(x, true),
  celu: (x) => ops.celu(x, 0.7),
}
const byName = ops as unknown as Record<string, (...operands: Tensor[]) => Tensor>
const unary = Object.fromEntries(unaryOps.map((name) => [name, (x: Tensor) => (applied[name] ?? byName[name])?.(x)]))
const binary = Object.fromEntries(binaryOps.map((name) => [name, (a: Tensor, b: Tensor) => byName[name]?.(a, b)]))

describe('one step of each kind and another', () => {
  const shape = [3, 1500]
  const [x, y] = [special(shape), special(shape, 2)]

  it.each(Object.keys(unary))('%s', (name) => {
    const f = unary[name] as (x: Tensor) => Tensor
    expect(expectEqualBits((a) => [f((a as Tensor).add(1))], [x])).toEqual(['chain'])
  })

  it.each(Object.keys(binary))('%s', (name) => {
    const f = binary[name] as (a: Tensor, b: Tensor) => Tensor
    expect(expectEqualBits((a, b) => [f((a as Tensor).abs(), b as Tensor)], [x, y])).toEqual(['chain'])
    expect(expectEqualBits((a, b) => [f(b as Tensor, (a as Tensor).abs())], [x, y])).toEqual(['chain'])
  })

  it.each(Object.keys(unary))('the gradient of %s', (name) => {
    const f = unary[name] as (x: Tensor) => Tensor
    const slope: Traced = (a) => [grad((t: Tensor) => ops.sum(f(t).mul(0.5)))(a as Tensor).neg()]
    expectEqualBits(slope, [x])
  })

  it('has with those gradients every native op on each element by itself', () => {
    const gradients = unaryOps.map((name) => `${name}Grad`)
    expect(derivativeOps.filter((name) => !gradients.includes(name))).toEqual(['preluSlope'])
  })
})

describe('operands', () => {
  it('may be values and rows', () => {
    for (const [rows, columns] of [
      [1, 64],
      [7, 100],
      [3, 5000],
    ] as const) {
      const [x, row] = [special([rows, columns]), special([columns], 3)]
      const f: Traced = (a, b) => [
        ops
          .mul(b as Tensor, (a as Tensor).sub(0.25))
          .add(b as Tensor)
          .maximum(-0.5),
      ]
      expect(expectEqualBits(f, [x, row])).toEqual(['chain'])
    }
  })

  it('may be the step before, twice', () => {
    const f: Traced = (x) => {
      const t = (x as Tensor).tanh()
      return [ops.mul(t, t).add(x as Tensor)]
    }
    expect(expectEqualBits(f, [special([4100])])).toEqual(['chain'])
  })

  it('are broadcast by an op of their own where they are columns or short rows', () => {
    const f: Traced = (x, other) => [
      (x as Tensor)
        .exp()
        .add(other as Tensor)
        .neg(),
    ]
    expect(expectEqualBits(f, [signed([6, 9]), signed([6, 1])])).toEqual(['exp', 'add', 'neg'])
    expect(expectEqualBits(f, [signed([6, 9]), signed([9])])).toEqual(['exp', 'add', 'neg'])
  })

  it('may be other chains', () => {
    const f: Traced = (x, y) => {
      const [z, t] = [x as Tensor, y as Tensor]
      return [
        z
          .relu()
          .sub(z.mul(t))
          .add(ops.log1p(ops.exp(ops.neg(ops.abs(z))))),
      ]
    }
    const found = expectEqualBits(f, [special([3000]), special([3000], 5)])
    expect(found.filter((name) => name === 'chain').length).toBe(2)
    expect(found.length).toBeLessThanOrEqual(3)
  })
})

describe('a chain ends', () => {
  it('at what is read elsewhere or is an output', () => {
    const f: Traced = (x) => {
      const t = (x as Tensor).exp()
      const s = t.add(1).log()
      return [s, s.mul(2).neg(), t]
    }
    expect(expectEqualBits(f, [special([500])])).toEqual(['exp', 'chain', 'chain'])
  })

  it('where the shape changes', () => {
    const f: Traced = (x, row) => [
      (row as Tensor)
        .exp()
        .neg()
        .add(x as Tensor)
        .relu(),
    ]
    expect(expectEqualBits(f, [signed([4, 80]), signed([80])])).toEqual(['chain', 'chain'])
  })

  it('at other dtypes', () => {
    const f: Traced = (x) => [
      ops
        .cast(x as Tensor, 'int32')
        .add(1)
        .neg(),
    ]
    expect(names(fused(f, [signed([4])]))).toEqual(['cast', 'add', 'neg'])
  })

  it('after 32 steps', () => {
    const f: Traced = (x) => {
      let y = x as Tensor
      for (let i = 0; i < 40; i++) y = y.sin()
      return [y]
    }
    expect(expectEqualBits(f, [special([100])])).toEqual(['chain', 'chain'])
  })
})

it('runs in a plan, in place and on two threads, with the same bits', () => {
  const f = (x: Tensor, y: Tensor): Tensor => {
    const t = ops.concat([x, y]).mul(0.5)
    return ops.concat([t.tanh().mul(t).add(1).sqrt().neg(), t.neg().exp()])
  }
  const [x, y] = [positive([70000]), positive([70000], 2)]
  const wanted = bits(f(x, y))
  for (const threads of [1, 2]) withThreads(threads, () => expect(bits(compile(f)(x, y))).toEqual(wanted))
})

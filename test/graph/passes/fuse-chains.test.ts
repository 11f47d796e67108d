import { describe, expect, it } from 'vitest'
import { grad } from '../../../lib/autodiff/functional.js'
import { compile } from '../../../lib/graph/compile.js'
import { native } from '../../../lib/native/binding.js'
import * as ops from '../../../lib/ops/index.js'
import { tensor } from '../../../lib/tensor/creation.js'
import type { Tensor } from '../../../lib/tensor/tensor.js'
import { withThreads } from '../../helpers/machine.js'
import { positive, signed } from '../../helpers/random.js'
import { bits, expectEqualBits, fused, names, type Traced, withSpecials } from './harness.js'

const special = (shape: readonly number[], seed = 1): Tensor => tensor(withSpecials(signed(shape, seed)), shape)

const unary: Record<string, (x: Tensor) => Tensor> = {
  neg: ops.neg,
  abs: ops.abs,
  sign: ops.sign,
  square: ops.square,
  sqrt: ops.sqrt,
  rsqrt: ops.rsqrt,
  reciprocal: ops.reciprocal,
  relu: ops.relu,
  clip: (x) => ops.clip(x, -1, Number.POSITIVE_INFINITY),
  leakyRelu: (x) => ops.leakyRelu(x, 0.3),
  elu: (x) => ops.elu(x, 0.7),
  exp: ops.exp,
  expm1: ops.expm1,
  log: ops.log,
  log1p: ops.log1p,
  erf: ops.erf,
  sin: ops.sin,
  cos: ops.cos,
  selu: ops.selu,
  softplus: ops.softplus,
  sigmoid: ops.sigmoid,
  tanh: ops.tanh,
  gelu: (x) => ops.gelu(x),
  geluTanh: (x) => ops.gelu(x, true),
  relu6: ops.relu6,
  celu: (x) => ops.celu(x, 0.7),
  softsign: ops.softsign,
  hardSigmoid: ops.hardSigmoid,
  silu: ops.silu,
  mish: ops.mish,
}
const binary: Record<string, (a: Tensor, b: Tensor) => Tensor> = {
  add: ops.add,
  sub: ops.sub,
  mul: ops.mul,
  maximum: ops.maximum,
  minimum: ops.minimum,
  div: ops.div,
  pow: ops.pow,
  prelu: ops.prelu,
}

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

  it('has every native op on each element by itself', () => {
    // biome-ignore format: one op after the other
    const gradients = [
      'relu', 'leakyRelu', 'elu', 'selu', 'sigmoid', 'tanh', 'softplus', 'gelu', 'geluTanh', 'relu6', 'celu', 'softsign',
      'hardSigmoid', 'silu', 'mish',
    ]
    const slopes = ['preluSlope', ...gradients.map((name) => `${name}Grad`)]
    const known = [...Object.keys(unary), ...Object.keys(binary), ...slopes]
    const from = native.opcodes.neg as number
    const to = native.opcodes.mishGrad as number
    const comparisons = ['equal', 'notEqual', 'greater', 'greaterEqual', 'less', 'lessEqual']
    const present = Object.entries(native.opcodes).flatMap(([name, code]) =>
      code >= from && code <= to && !comparisons.includes(name) ? [name] : [],
    )
    expect(present.sort()).toEqual(known.sort())
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

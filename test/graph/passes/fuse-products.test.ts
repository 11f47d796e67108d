import { describe, expect, it } from 'vitest'
import { gradients } from '../../../lib/autodiff/backward.js'
import { recording } from '../../../lib/autodiff/tape.js'
import * as ops from '../../../lib/ops/index.js'
import { gatherRows } from '../../../lib/ops/indexing.js'
import { tensor } from '../../../lib/tensor/creation.js'
import { Parameter } from '../../../lib/tensor/parameter.js'
import type { Tensor } from '../../../lib/tensor/tensor.js'
import { signed } from '../../helpers/random.js'
import { expectEqualBits, fused, names, type Traced, withSpecials } from './harness.js'

describe('bias and activation', () => {
  const special = tensor(withSpecials(signed([19, 33])), [19, 33])
  const [x, w, b] = [special, signed([33, 40], 2), signed([40], 3)]
  const activations: Record<string, (x: Tensor) => Tensor> = {
    relu: ops.relu,
    leakyRelu: (y) => ops.leakyRelu(y, 0.3),
    elu: (y) => ops.elu(y, 0.7),
    selu: ops.selu,
    sigmoid: ops.sigmoid,
    tanh: ops.tanh,
    softplus: ops.softplus,
    gelu: (y) => ops.gelu(y),
  }

  it.each(Object.keys(activations))('join the product: %s', (name) => {
    const activation = activations[name] as (x: Tensor) => Tensor
    const given = [x, w, b]
    const whole: Traced = (...[a, k, c]) => [activation(ops.matmul(a as Tensor, k as Tensor).add(c as Tensor))]
    const product: Traced = (a, k) => [activation(ops.matmul(a as Tensor, k as Tensor))]
    const layer: Traced = (...[a, k, c]) => [activation(ops.dense(a as Tensor, k as Tensor, c as Tensor))]
    for (const f of [whole, product, layer]) expect(expectEqualBits(f, given)).toEqual(['matmul'])
  })

  it('join products of few rows or columns, transposed operands and batches', () => {
    const f =
      (transposeA: boolean, transposeB: boolean): Traced =>
      (a, k, c) => [ops.relu(ops.matmul(a as Tensor, k as Tensor, { transposeA, transposeB }).add(c as Tensor))]
    for (const [m, k, n] of [
      [1, 70, 130],
      [200, 70, 3],
      [64, 300, 64],
    ] as const) {
      for (const ta of [false, true]) {
        for (const tb of [false, true]) {
          const given = [signed(ta ? [k, m] : [m, k]), signed(tb ? [n, k] : [k, n], 2), signed([n], 3)]
          expect(expectEqualBits(f(ta, tb), given)).toEqual(['matmul'])
        }
      }
    }
    expect(expectEqualBits(f(false, false), [signed([4, 5, 6]), signed([4, 6, 7]), signed([7])])).toEqual(['matmul'])
  })

  it('join it in training where the gradient needs the result alone', () => {
    const kernel = new Parameter(signed([33, 40], 2))
    const train =
      (activation: (x: Tensor) => Tensor): Traced =>
      (a) => {
        const loss = recording.run(true, () => ops.sum(activation(ops.matmul(a as Tensor, kernel).add(b)).mul(0.5)))
        return gradients(loss, [kernel]) as Tensor[]
      }
    expect(expectEqualBits(train(ops.tanh), [x]).filter((name) => name === 'add')).toEqual([])
    expect(expectEqualBits(train(ops.softplus), [x])).toContain('softplusGrad')
  })

  it('stay apart where something else reads what lies between, or where the bias is no row', () => {
    const read: Traced = (...[a, k, c]) => {
      const z = ops.matmul(a as Tensor, k as Tensor).add(c as Tensor)
      return [ops.relu(z), z]
    }
    expect(expectEqualBits(read, [x, w, b])).toEqual(['matmul', 'relu'])
    const column: Traced = (...[a, k, c]) => [ops.matmul(a as Tensor, k as Tensor).add(c as Tensor)]
    expect(expectEqualBits(column, [x, w, signed([19, 1])])).toEqual(['matmul', 'add'])
    const first: Traced = (...[a, k, c]) => [ops.add(c as Tensor, ops.matmul(a as Tensor, k as Tensor))]
    expect(expectEqualBits(first, [x, w, b])).toEqual(['matmul', 'add'])
  })

  it('stay apart where a parameter that the product reads changes in between', () => {
    const weight = new Parameter(signed([33, 40]))
    const f: Traced = (a, g) => {
      const z = ops.matmul(a as Tensor, weight)
      ops.update('sgd', [weight], [g as Tensor], [], () => [0.1, 0, 0, 1, 1, Number.POSITIVE_INFINITY, 0])
      return [ops.relu(z)]
    }
    const graph = fused(f, [x, signed([33, 40])])
    expect(names(graph)).toEqual(['matmul', 'sgdUpdate', 'relu'])
  })
})

describe('a scale', () => {
  const bytes = tensor(
    Uint8Array.from({ length: 256 * 6 }, (_, i) => i),
    [256, 2, 3],
  )
  const rows = tensor(
    Int32Array.from({ length: 256 }, (_, i) => 255 - i),
    [256],
  )
  const batch = (x: Tensor, i: Tensor): Tensor => gatherRows(x, i, 1)

  it.each([1 / 255, -3, 0, 1e-40, 1e38])('of %f is applied while bytes are gathered', (scale) => {
    const f: Traced = (x, i) => [ops.mul(batch(x as Tensor, i as Tensor), scale)]
    expect(expectEqualBits(f, [bytes, rows])).toEqual(['gather'])
    const flat: Traced = (x, i) => [
      ops.mul(scale, batch(x as Tensor, i as Tensor).reshape([256, 6])).reshape([256, 3, 2]),
    ]
    expect(expectEqualBits(flat, [bytes, rows]).filter((name) => name !== 'reshape')).toEqual(['gather'])
  })

  it('stays an op where the bytes are read otherwise too, or the scale is not known or not one number', () => {
    const twice: Traced = (x, i) => {
      const b = batch(x as Tensor, i as Tensor)
      return [b.mul(0.5), b.neg()]
    }
    expect(expectEqualBits(twice, [bytes, rows])).toEqual(['gather', 'mul', 'neg'])
    const given: Traced = (x, i, s) => [ops.mul(batch(x as Tensor, i as Tensor), s as Tensor)]
    expect(expectEqualBits(given, [bytes, rows, signed([])])).toEqual(['gather', 'mul'])
    const perChannel: Traced = (x, i) => [ops.mul(batch(x as Tensor, i as Tensor), signed([3]))]
    expect(expectEqualBits(perChannel, [bytes, rows])).toContain('mul')
    const scaled: Traced = (x, i) => [ops.mul(gatherRows(x as Tensor, i as Tensor, 0.1), 0.3)]
    expect(expectEqualBits(scaled, [bytes, rows])).toEqual(['gather', 'mul'])
    const rate = new Parameter(signed([]))
    const learned: Traced = (x, i) => [ops.mul(batch(x as Tensor, i as Tensor), rate)]
    expect(expectEqualBits(learned, [bytes, rows])).toEqual(['gather', 'mul'])
  })
})

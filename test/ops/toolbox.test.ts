import { describe, expect, it } from 'vitest'
import { gradients } from '../../lib/autodiff/backward.js'
import { compile } from '../../lib/graph/compile.js'
import * as ops from '../../lib/ops/index.js'
import { tensor } from '../../lib/tensor/creation.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { failure } from '../helpers/failure.js'
import { goldenCases } from '../helpers/golden.js'
import { describeOp, type OpTest } from '../helpers/op-case.js'
import { signed } from '../helpers/random.js'

const cases = goldenCases('toolbox')

const tests: Record<string, OpTest> = {
  prelu: { large: () => ({ inputs: [signed([3000, 101]), signed([101], 2)] }) },
  expandDims: { large: () => ({ inputs: [signed([700, 401])], args: [1] }) },
  squeeze: { large: () => ({ inputs: [signed([700, 1, 401])] }) },
  stack: {
    call: (inputs, [axis]) => ops.stack(inputs, axis as number),
    large: () => ({ inputs: [signed([700, 401]), signed([700, 401], 2)], args: [1] }),
  },
  split: { large: () => ({ inputs: [signed([700, 401])], args: [[100, 301], 1] }) },
  tile: { large: () => ({ inputs: [signed([70, 83])], args: [[5, 7]] }) },
  matmul: { large: () => ({ inputs: [signed([5, 1, 90, 70]), signed([3, 70, 50], 2)] }) },
  layerNormalization: {
    large: () => ({ inputs: [signed([700, 401]), signed([401], 2), signed([401], 3)] }),
    tolerance: { value: 1e-5, gradient: 2e-5 },
  },
}

for (const op of Object.keys(cases))
  describeOp(
    op,
    cases[op],
    tests[op] ?? { large: () => ({ inputs: [signed([300_001])] }), tolerance: { absolute: 2e-7 } },
  )

describe('split', () => {
  it('passes the gradients of all parts on', () => {
    const x = tensor([1, 2, 3, 4, 5], [5], { requiresGrad: true })
    const [a, b] = ops.split(x, [2, 3]) as [ops.Tensor, ops.Tensor]
    const [dx] = gradients(ops.add(ops.sum(ops.square(a)), ops.mul(ops.sum(b), 10)), [x])
    expect(dx?.toArray()).toEqual([2, 4, 10, 10, 10])
  })

  it('is undone by concat', () => {
    const x = signed([6, 4])
    expect(ops.concat(ops.split(x, 2, 1), 1).toArray()).toEqual(x.toArray())
    expect(ops.stack(ops.split(x, 6)).squeeze(1).toArray()).toEqual(x.toArray())
  })
})

describe('concat and stack', () => {
  const [a, b, c] = [tensor([[1, 2]]), tensor([[3, 4]]), tensor([[5, 6]])]

  it('as methods take one tensor or a list, behind their own', () => {
    expect(a.concat(b).toArray()).toEqual(ops.concat([a, b]).toArray())
    expect(a.concat([b, c], -1).toArray()).toEqual([[1, 2, 3, 4, 5, 6]])
    expect(a.concat([]).toArray()).toEqual(a.toArray())
    expect(a.stack(b).shape).toEqual([2, 1, 2])
    expect(a.stack([b, c], -1).toArray()).toEqual(ops.stack([a, b, c], -1).toArray())
  })

  it.each([undefined, null, 3, 'b', [1]])('as methods refuse %s', (others) => {
    for (const op of ['concat', 'stack'] as const) {
      const { code, message } = failure(() => a[op](others as never))
      expect(code).toBe('ERR_ARGUMENT')
      expect(message).toContain(`[${op}] tensors[1] must be a Tensor, got `)
    }
  })

  it('take as many tensors as there are, eager and compiled', () => {
    const n = 20_000
    const rows = Array.from({ length: n }, (_, i) => tensor([i, -i]))
    expect(ops.stack(rows).sum(0).toArray()).toEqual([(n * (n - 1)) / 2, (-n * (n - 1)) / 2])
    const repeated = compile((x: Tensor) => ops.concat(Array.from({ length: n }, () => x)).sum())
    for (let i = 0; i < 2; i++) expect(repeated(tensor([1, 2])).item()).toBe(3 * n)
    const x = tensor([1, 2], [2], { requiresGrad: true })
    const [dx] = gradients(ops.concat(Array.from({ length: n }, () => x)).sum(), [x])
    expect(dx?.toArray()).toEqual([n, n])
  })

  it('as methods pass gradients on', () => {
    const x = tensor([1, 2], [2], { requiresGrad: true })
    const [dx] = gradients(
      x
        .stack(x.square())
        .mul(tensor([[3], [10]]))
        .sum(),
      [x],
    )
    expect(dx?.toArray()).toEqual([23, 43])
  })
})

describe('layerNormalization', () => {
  it('keeps its precision where the mean is far above the spread', () => {
    const noise = Float32Array.from({ length: 512 }, (_, i) => ((i * 37) % 101) / 1024)
    const rows = noise.map((v) => v + 2000)
    const one = tensor(new Float32Array(512).fill(1))
    const zero = tensor(new Float32Array(512))
    const y = ops.layerNormalization(tensor(rows, [1, 512]), one, zero, 1e-12).data()
    const exact = Array.from(rows)
    const mean = exact.reduce((a, b) => a + b) / 512
    const deviation = Math.sqrt(exact.reduce((a, v) => a + (v - mean) ** 2, 0) / 512)
    expect(Math.max(...exact.map((v, i) => Math.abs((v - mean) / deviation - (y[i] as number))))).toBeLessThan(3e-3)
  })
})

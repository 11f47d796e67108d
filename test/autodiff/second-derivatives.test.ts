import { describe, expect, it } from 'vitest'
import { grad } from '../../lib/autodiff/functional.js'
import * as ops from '../../lib/ops/index.js'
import { tensor } from '../../lib/tensor/creation.js'
import type { Tensor } from '../../lib/tensor/tensor.js'

/** The rows of ∂²f / ∂x². */
function hessian(f: (x: Tensor) => Tensor, x: Tensor): number[][] {
  return Array.from({ length: x.size }, (_, i) => {
    const slope = (x: Tensor): Tensor => ops.reshape(grad(f)(x), [x.size]).slice([i], [1]).sum()
    return Array.from(grad(slope)(x).data())
  })
}

const diagonal = (...numbers: number[]): number[][] => numbers.map((n, i) => numbers.map((_, j) => (i === j ? n : 0)))
// −0 counts as 0.
const plain = (rows: number[][]): number[][] => rows.map((row) => row.map((x) => x + 0))

describe('second derivatives where a factor is 0', () => {
  it.each([
    [
      [0, 3, 5],
      [
        [0, 5, 3],
        [5, 0, 0],
        [3, 0, 0],
      ],
    ],
    [
      [0, 0, 5],
      [
        [0, 5, 0],
        [5, 0, 0],
        [0, 0, 0],
      ],
    ],
    [
      [2, 3, 5],
      [
        [0, 5, 3],
        [5, 0, 2],
        [3, 2, 0],
      ],
    ],
  ])('prod of %j', (x, rows) => {
    expect(hessian(ops.prod, tensor(x))).toEqual(rows)
  })

  it('prod along an axis, of one factor and of none', () => {
    const x = tensor([
      [0, 2],
      [3, 0],
    ])
    expect(hessian((x) => ops.prod(x, 0).sum(), x)).toEqual([
      [0, 0, 1, 0],
      [0, 0, 0, 1],
      [1, 0, 0, 0],
      [0, 1, 0, 0],
    ])
    expect(hessian(ops.prod, tensor([4]))).toEqual([[0]])
    expect(grad((x) => ops.prod(x, 1).sum())(tensor([], [2, 0])).shape).toEqual([2, 0])
  })

  it('its third derivative', () => {
    const x = tensor([0, 0, 0])
    const first = (x: Tensor): Tensor =>
      grad((x: Tensor) => ops.prod(x))(x)
        .slice([0], [1])
        .sum()
    const second = (x: Tensor): Tensor => grad(first)(x).slice([1], [1]).sum()
    expect(grad(second)(x).toArray()).toEqual([0, 0, 1])
  })

  it.each([
    [0, [0, 0, 0, 0]],
    [1, [0, 0, 0, 0]],
    [2, [2, 2, 2, 2]],
    [3, [-12, 0, 6, 12]],
  ])('pow(x, %d)', (exponent, wanted) => {
    const x = tensor([-2, 0, 1, 2])
    expect(plain(hessian((x) => ops.pow(x, exponent).sum(), x))).toEqual(diagonal(...wanted))
  })

  it("pow's mixed derivative: a^(b − 1)·(1 + b·log a)", () => {
    const slope = (a: Tensor) => (b: Tensor) => grad((a) => ops.pow(a, b).sum())(a).sum()
    const [a, b] = [tensor([2, 4, 3, 0]), tensor([0, 0, 1, 2])]
    const mixed = grad(slope(a))(b).data()
    for (const [i, wanted] of [0.5, 0.25, 1 + Math.log(3), 0].entries()) expect(mixed[i]).toBeCloseTo(wanted, 6)
  })

  it("prelu's mixed derivative: 1 where the slope at x is alpha", () => {
    const [x, alpha] = [tensor([-1, 0, 2]), tensor([0.1, 0.1, 0.1])]
    expect(grad((x) => grad((alpha) => ops.prelu(x, alpha).sum())(alpha).sum())(x).toArray()).toEqual([1, 1, 0])
    expect(grad((alpha) => grad((x) => ops.prelu(x, alpha).sum())(x).sum())(alpha).toArray()).toEqual([1, 1, 0])
  })

  it.each([
    ['elu', (x: Tensor) => ops.elu(x), 1],
    ['celu', (x: Tensor) => ops.celu(x, 2), 0.5],
    ['selu', ops.selu, 1.0507009873554805 * 1.6732632423543772],
    ['square', ops.square, 2],
    ['relu', ops.relu, 0],
    ['abs', ops.abs, 0],
  ] as const)('%s at 0, from the side that its slope there has', (_, f, wanted) => {
    expect(hessian((x) => f(x).sum(), tensor([0]))[0]?.[0]).toBeCloseTo(wanted, 6)
  })
})

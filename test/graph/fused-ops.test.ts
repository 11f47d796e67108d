import { describe, expect, it } from 'vitest'
import { MyelinError } from '../../lib/core/error.js'
import { opcode } from '../../lib/native/binding.js'
import { cast, square, sum } from '../../lib/ops/index.js'
import { tensor } from '../../lib/tensor/creation.js'
import { execute } from '../../lib/tensor/execute.js'
import type { Op, TensorSpec } from '../../lib/tensor/op.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { signed } from '../helpers/random.js'

// The addon's own checks: JavaScript can call any op with any numbers.

/** A native op as it is. */
const nativeOp = (name: string, outputs: readonly TensorSpec[], attrs: readonly number[]): Op => ({
  name,
  opcode: opcode(name),
  infer: () => outputs,
  encode: () => attrs,
  gradient: null,
  saves: 'none',
})

/** Calls a native op; true if it ran, false if it refused. */
function runs(
  name: string,
  inputs: readonly Tensor[],
  outputs: readonly TensorSpec[],
  attrs: readonly number[],
): boolean {
  try {
    execute(nativeOp(name, outputs, attrs), inputs, undefined)
    return true
  } catch (error) {
    if (error instanceof MyelinError && error.code === 'ERR_ARGUMENT') return false
    throw error
  }
}

const odd = [Number.NaN, -1, 0.5, 1e300, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2 ** 31, 2 ** 53, 33, 99]
/** Lists with one number exchanged, cut off before it, or one number more. */
const spoiled = (attrs: readonly number[]): number[][] => [
  ...attrs.flatMap((_, i) => odd.map((x) => attrs.map((n, j) => (i === j ? x : n)))),
  ...attrs.map((_, i) => attrs.slice(0, i)),
  [...attrs, 1],
]

describe('chain', () => {
  const [exp, clip, add, where] = ['exp', 'clip', 'add', 'where'].map(opcode) as [number, number, number, number]
  const y = { shape: [5, 70], dtype: 'float32' } as const
  const inputs = [signed([5, 70]), signed([70]), signed([])]
  const attrs = [3, exp, 1, add, 0, 2, clip, 0, -1, 1]

  it('runs well-formed steps', () => expect(runs('chain', inputs, [y], attrs)).toBe(true))

  it('refuses or survives whatever else its numbers are', () => {
    for (const numbers of spoiled(attrs)) runs('chain', inputs, [y], numbers)
    const lengths = attrs.map((_, i) => runs('chain', inputs, [y], attrs.slice(0, i)))
    expect(lengths).toEqual(attrs.map(() => false))
  })

  it.each([
    ['no step', [0]],
    ['too many steps', [33, ...Array.from({ length: 33 }, () => [exp, 1]).flat()]],
    ['an op that is not element-wise', [1, where, 1]],
    ['an op that there is not', [1, 1e6, 1]],
    ['a step before the first', [1, exp, 0]],
    ['an input that there is not', [1, exp, 4]],
    ['one operand that is a row', [1, exp, 2]],
    ['one operand that is a value', [1, exp, 3]],
    ['bounds in the wrong order', [1, clip, 1, 2, 1]],
    ['a bound that is NaN', [1, clip, 1, Number.NaN, 1]],
    ['alpha that is infinite', [1, opcode('elu'), 1, Number.POSITIVE_INFINITY]],
    ['a number too many', [1, exp, 1, 1]],
  ] as const)('refuses %s', (_, numbers) => expect(runs('chain', inputs, [y], numbers)).toBe(false))

  it.each([
    ['a column', [signed([5, 1])], [y]],
    ['a larger operand', [signed([2, 5, 70])], [y]],
    ['another dtype', [cast(signed([5, 70]), 'int32')], [y]],
    ['another dtype of the result', [signed([5, 70])], [{ ...y, dtype: 'int32' } as const]],
    ['no operand', [], [y]],
    ['no result', [signed([5, 70])], []],
  ])('refuses %s', (_, given, outputs) => expect(runs('chain', given, outputs, [1, exp, 1])).toBe(false))

  it('takes nothing for nothing', () => {
    const empty = [signed([0, 70]), signed([70]), signed([])]
    expect(runs('chain', empty, [{ ...y, shape: [0, 70] }], attrs)).toBe(true)
  })
})

describe('matmulUpdate', () => {
  const make = () => [signed([4, 6]), signed([4, 5]), signed([6, 5]), square(signed([6, 5], 3))]
  const attrs = [1, 0, 1, 0.01, 0.9, 1e-7, 0, 0, 1, 1, Number.POSITIVE_INFINITY, 0]

  it('runs well-formed, with no rows to sum and on nothing', () => {
    expect(runs('matmulUpdate', make(), [], attrs)).toBe(true)
    const [, , w, v] = make() as [Tensor, Tensor, Tensor, Tensor]
    expect(runs('matmulUpdate', [signed([0, 6]), signed([0, 5]), w, v], [], attrs)).toBe(true)
    expect(runs('matmulUpdate', [signed([4, 0]), signed([4, 5]), signed([0, 5]), signed([0, 5])], [], attrs)).toBe(true)
  })

  it('refuses or survives whatever else its numbers are', () => {
    for (const numbers of spoiled(attrs)) runs('matmulUpdate', make(), [], numbers)
    expect(attrs.map((_, i) => runs('matmulUpdate', make(), [], attrs.slice(0, i)))).toEqual(attrs.map(() => false))
  })

  it('refuses inputs that do not fit', () => {
    const [a, b, w, v] = make() as [Tensor, Tensor, Tensor, Tensor]
    const wrong = [
      [a, b, w],
      [a, b, w, v, v],
      [a, b, w, w],
      [a, signed([5, 5]), w, v],
      [a, b, signed([5, 6]), v],
      [a, b, w, signed([30])],
      [signed([1, 4, 6]), b, w, v],
      [cast(a, 'int32'), b, w, v],
    ]
    expect(wrong.map((inputs) => runs('matmulUpdate', inputs, [], attrs))).toEqual(wrong.map(() => false))
    const both = signed([6, 6])
    expect(runs('matmulUpdate', [both, signed([6, 6]), both, signed([6, 6])], [], attrs)).toBe(false)
    expect(runs('matmulUpdate', make(), [{ shape: [6, 5], dtype: 'float32' }], attrs)).toBe(false)
  })
})

describe('penalties of an update and of clipping', () => {
  const [w, g, v, scalar, row] = [[4, 6], [4, 6], [5], [], [6]].map((shape) => signed(shape)) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ]
  const sgd = [0.1, 0, 0, 1, 1, 1, 0, 0]
  const clip = [1, 1, 0.5, 0]
  const factor = { shape: [1], dtype: 'float32' } as const
  const one = { shape: [], dtype: 'float32' } as const

  it('run where they are well-formed', () => {
    expect(runs('sgdUpdate', [w, g, row, row.mul(1), scalar], [], [...sgd, 1])).toBe(true)
    expect(runs('sgdUpdate', [w, g, tensor(1), scalar], [], [...sgd.slice(0, -1), 1, 0])).toBe(true)
    expect(runs('clipFactors', [g, row, row, scalar], [factor], [...clip, 1])).toBe(true)
    expect(runs('clipFactors', [g, row, row, scalar], [factor, one], [...clip, 1])).toBe(true)
  })

  it('are refused, or survived, whatever else their numbers are', () => {
    for (const numbers of spoiled([...sgd, 0])) runs('sgdUpdate', [w, g, scalar], [], numbers)
    for (const numbers of spoiled([...clip, 0]))
      for (const outputs of [[factor], [factor, one]]) runs('clipFactors', [g, w, scalar], outputs, numbers)
  })

  it('sum the squares of every parameter, in steps without clipping too', () => {
    const large = signed([9000])
    const empty = signed([0])
    for (const apply of [0, 1]) {
      const inputs = [g, large, empty, large, scalar, empty, scalar]
      const [, ...found] = execute(
        nativeOp('clipFactors', [factor, one, one], [apply, 1, 0.5, 0, 1, 2]),
        inputs,
        undefined,
      )
      expect(found.map((x) => x.item())).toEqual([sum(square(large)).item(), 0])
    }
    const two: Tensor[] = [g, row, w, scalar, row, scalar]
    expect(runs('clipFactors', two, [factor, one], [...clip, 0, 1])).toBe(false)
    expect(runs('clipFactors', two, [factor, one, factor, one], [...clip, 0, 1])).toBe(false)
    expect(runs('clipFactors', two, [factor, one, { shape: [2], dtype: 'float32' }], [...clip, 0, 1])).toBe(false)
    expect(runs('clipFactors', two, [factor, one, { shape: [], dtype: 'int32' }], [...clip, 0, 1])).toBe(false)
    expect(runs('clipFactors', two, [], [...clip, 0, 1])).toBe(false)
  })

  it.each<[string, string, Tensor[], number[]]>([
    ['an update of a parameter that there is not', 'sgdUpdate', [w, g, scalar], [...sgd, 1]],
    ['an update with two on one parameter', 'sgdUpdate', [w, g, scalar, scalar], [...sgd, 0, 0]],
    ['an update out of order', 'sgdUpdate', [w, g, row, row.mul(1), scalar, scalar], [...sgd, 1, 0]],
    ['an update without the coefficient', 'sgdUpdate', [w, g], [...sgd, 0]],
    ['an update with a row of coefficients', 'sgdUpdate', [w, g, row], [...sgd, 0]],
    ['an update whose coefficient is a parameter', 'sgdUpdate', [scalar, tensor(1), scalar], [...sgd, 0]],
    ['clipping with factors', 'clipFactors', [g, scalar], [...clip.slice(0, -1), 1]],
    ['clipping of a gradient that there is not', 'clipFactors', [g, w, scalar], [...clip, 1]],
    ['clipping without the parameter', 'clipFactors', [scalar], [...clip, 0]],
    ['clipping with a parameter of another size', 'clipFactors', [g, v, scalar], [...clip, 0]],
    ['clipping with a row of coefficients', 'clipFactors', [g, w, row], [...clip, 0]],
  ])('%s is refused', (_, name, inputs, attrs) => {
    expect(runs(name, inputs, name === 'clipFactors' ? [factor] : [], attrs)).toBe(false)
  })
})

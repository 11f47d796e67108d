import { describe, expect, it } from 'vitest'
import { runtime } from '../../lib/native/runtime.js'
import { prod, sum } from '../../lib/ops/index.js'
import { full, tensor, zeros } from '../../lib/tensor/creation.js'
import { failure } from '../helpers/failure.js'
import { goldenCases } from '../helpers/golden.js'
import { describeOp } from '../helpers/op-case.js'
import { positive } from '../helpers/random.js'

const cases = goldenCases('reduction')

for (const op of Object.keys(cases))
  describeOp(op, cases[op], { large: () => ({ inputs: [positive([300, 40, 31])], args: [1] }) })

describe('totals of whole numbers', () => {
  const most = 2 ** 31 - 1

  it('of bytes are taken without a copy of them', () => {
    const bytes = full([50_000_000], 2, { dtype: 'uint8' })
    const { bytes: held, peakBytes } = runtime.memory()
    expect(sum(bytes).item()).toBe(100_000_000)
    expect(runtime.memory().peakBytes).toBeLessThan(Math.max(peakBytes, held) + 1_000_000)
  })

  it('are exact where they fit int32, whatever comes in between', () => {
    const x = tensor([most, most, 5, -most, -most], [5], { dtype: 'int32' })
    expect(sum(x).item()).toBe(5)
    expect(sum(full([3000, 700], 255, { dtype: 'uint8' })).item()).toBe(3000 * 700 * 255)
    expect(prod(tensor([2 ** 30, 2 ** 30, 0, 7], [4], { dtype: 'int32' })).item()).toBe(0)
    expect(prod(tensor([-(2 ** 15), 2 ** 16], [2], { dtype: 'int32' })).item()).toBe(-(2 ** 31))
    expect(sum(tensor([1, 0, 1], [3], { dtype: 'bool' })).dtype).toBe('int32')
  })

  it('are refused where they do not', () => {
    const message = (name: string, word: string) =>
      `[${name}] a ${word} of whole numbers is too large for int32; cast them to float32 first`
    const bytes = full([60000, 784], 73, { dtype: 'uint8' })
    expect(failure(() => sum(bytes))).toEqual({ code: 'ERR_ARGUMENT', message: message('sum', 'sum') })
    expect(sum(bytes.cast('float32')).item()).toBe(3433920000)
    expect(failure(() => sum(full([2, 3], 2 ** 30, { dtype: 'int32' }), 1)).message).toBe(message('sum', 'sum'))
    expect(failure(() => prod(full([4], 255, { dtype: 'uint8' })))).toEqual({
      code: 'ERR_ARGUMENT',
      message: message('prod', 'product'),
    })
  })
})

describe('of an empty batch', () => {
  it.each(['max', 'min', 'argMax', 'argMin', 'logSumExp', 'sum', 'mean', 'prod', 'variance'] as const)(
    '%s along the other axis is empty, too',
    (op) => {
      const x = zeros([0, 3])
      expect(x[op](1).shape).toEqual([0])
      expect(x[op](-1, true).shape).toEqual([0, 1])
      expect(zeros([2, 0, 3])[op](2).shape).toEqual([2, 0])
    },
  )

  it.each(['max', 'min', 'argMax', 'argMin', 'logSumExp'] as const)('%s along the empty axis is refused', (op) => {
    for (const reduce of [() => zeros([0, 3])[op](0), () => zeros([3, 0])[op](1), () => zeros([0, 3])[op]()])
      expect(failure(reduce)).toEqual({ code: 'ERR_SHAPE', message: expect.stringMatching(`^\\[${op}\\] of nothing`) })
    expect(zeros([0, 0])[op](0).shape).toEqual([0])
  })

  it('a gradient is empty, too', () => {
    const x = tensor([], [0, 3], { requiresGrad: true })
    x.max(1).sum().backward()
    expect(x.grad?.shape).toEqual([0, 3])
    const z = tensor([], [0, 3], { requiresGrad: true })
    z.logSumExp(1).sum().backward()
    expect(z.grad?.shape).toEqual([0, 3])
  })
})

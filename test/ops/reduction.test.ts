import { describe, expect, it } from 'vitest'
import { tensor, zeros } from '../../lib/tensor/creation.js'
import { failure } from '../helpers/failure.js'
import { goldenCases } from '../helpers/golden.js'
import { describeOp } from '../helpers/op-case.js'
import { positive } from '../helpers/random.js'

const cases = goldenCases('reduction')

for (const op of Object.keys(cases))
  describeOp(op, cases[op], { large: () => ({ inputs: [positive([300, 40, 31])], args: [1] }) })

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

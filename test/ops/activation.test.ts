import { expect, it } from 'vitest'
import { grad } from '../../lib/autodiff/functional.js'
import '../../lib/ops/index.js'
import { tensor } from '../../lib/tensor/creation.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { goldenCases } from '../helpers/golden.js'
import { instructionSets, onInstructionSet } from '../helpers/machine.js'
import { describeOp } from '../helpers/op-case.js'
import { signed } from '../helpers/random.js'

const cases = goldenCases('activation')

for (const op of Object.keys(cases)) {
  const shape = op === 'softmax' || op === 'logSoftmax' ? [3000, 97] : [300_001]
  describeOp(op, cases[op], { large: () => ({ inputs: [signed(shape)] }), tolerance: { absolute: 2e-7 } })
}

it('saturates exactly: a tanh unit far out is ±1 and passes no gradient back', () => {
  const x = tensor([9.02, 12, 88, 3e38, Number.POSITIVE_INFINITY])
  for (const isa of instructionSets) {
    onInstructionSet(isa, () => {
      expect(x.tanh().toArray()).toEqual([1, 1, 1, 1, 1])
      expect(x.neg().tanh().toArray()).toEqual([-1, -1, -1, -1, -1])
      expect(grad((z: Tensor) => z.tanh().sum())(x).toArray()).toEqual([0, 0, 0, 0, 0])
    })
  }
})

it('takes the approximation of gelu as a flag or as an option', () => {
  const x = tensor([-3, -0.7, 0, 0.4, 2])
  expect(x.gelu({ approximate: true }).toArray()).toEqual(x.gelu(true).toArray())
  expect(x.gelu({ approximate: true }).toArray()).not.toEqual(x.gelu().toArray())
  for (const exact of [{ approximate: false }, {}, false]) expect(x.gelu(exact).toArray()).toEqual(x.gelu().toArray())
})

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

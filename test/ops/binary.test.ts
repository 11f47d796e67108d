import { where } from '../../lib/ops/index.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { goldenCases } from '../helpers/golden.js'
import { describeOp } from '../helpers/op-case.js'
import { positive, signed } from '../helpers/random.js'

const cases = goldenCases('binary')

for (const op of Object.keys(cases).filter((name) => name !== 'where'))
  describeOp(op, cases[op], { large: () => ({ inputs: [positive([600, 501], 1), positive([600, 501], 2)] }) })

describeOp('where', cases.where, {
  call: ([condition, a, b]) => where(condition as Tensor, a as Tensor, b as Tensor),
  large: () => ({ inputs: [signed([600, 501]).greater(0), signed([600, 501], 2), signed([501], 3)] }),
})

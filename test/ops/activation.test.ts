import { goldenCases } from '../helpers/golden.js'
import { describeOp } from '../helpers/op-case.js'
import { signed } from '../helpers/random.js'

const cases = goldenCases('activation')

for (const op of Object.keys(cases)) {
  const shape = op === 'softmax' || op === 'logSoftmax' ? [3000, 97] : [300_001]
  describeOp(op, cases[op], { large: () => ({ inputs: [signed(shape)] }), tolerance: { absolute: 2e-7 } })
}

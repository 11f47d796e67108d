import { goldenCases } from '../helpers/golden.js'
import { describeOp } from '../helpers/op-case.js'
import { positive } from '../helpers/random.js'

const cases = goldenCases('reduction')

for (const op of Object.keys(cases))
  describeOp(op, cases[op], { large: () => ({ inputs: [positive([300, 40, 31])], args: [1] }) })

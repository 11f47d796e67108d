import { goldenCases } from '../helpers/golden.js'
import { describeOp } from '../helpers/op-case.js'
import { positive, signed } from '../helpers/random.js'

const cases = goldenCases('unary')
/** Whether the ordinary cases have negative operands. */
const isEverywhere = (op: string): boolean =>
  cases[op]?.some(({ name, inputs }) => name !== 'edges' && inputs[0]?.data.some((x) => Number(x) < 0)) === true

for (const op of Object.keys(cases)) {
  const large = () => ({
    inputs: [isEverywhere(op) ? signed([300_001]) : positive([300_001])],
    args: op === 'clip' ? [0.5, 1.25] : [],
  })
  describeOp(op, cases[op], { large, tolerance: { value: 1e-6, absolute: 1e-38 } })
}

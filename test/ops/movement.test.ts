import { concat } from '../../lib/ops/index.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { goldenCases } from '../helpers/golden.js'
import { describeOp, type OpTest } from '../helpers/op-case.js'
import { labels, signed } from '../helpers/random.js'

const cases = goldenCases('movement')
const cube = (args: unknown[]) => () => ({ inputs: [signed([61, 70, 83])], args })

const tests: Record<string, OpTest> = {
  reshape: { large: cube([[83, -1]]) },
  flatten: { large: cube([]) },
  transpose: { large: cube([[2, 0, 1]]) },
  slice: {
    large: cube([
      [1, 0, 3],
      [60, 68, 80],
    ]),
  },
  pad: {
    large: cube([
      [
        [1, 0],
        [0, 2],
        [3, 3],
      ],
    ]),
  },
  cast: { large: cube(['int32']) },
  broadcastTo: { large: () => ({ inputs: [signed([70, 1, 83])], args: [[70, 61, 83]] }) },
  concat: {
    call: (inputs, [axis]) => concat(inputs, axis as number),
    large: () => ({ inputs: [signed([60, 70, 31]), signed([60, 70, 52], 2)], args: [-1] }),
  },
  gather: { large: () => ({ inputs: [signed([97, 300]), labels(1000, 97)] }) },
  oneHot: { large: () => ({ inputs: [labels(9000, 41) as Tensor], args: [41] }) },
}

for (const op of Object.keys(cases)) describeOp(op, cases[op], tests[op] as OpTest)

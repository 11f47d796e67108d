import type { DenseActivation } from '../../lib/ops/index.js'
import { dense } from '../../lib/ops/index.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { goldenCases } from '../helpers/golden.js'
import { describeOp } from '../helpers/op-case.js'
import { signed } from '../helpers/random.js'

const cases = goldenCases('product')

describeOp('matmul', cases.matmul, { large: () => ({ inputs: [signed([130, 257]), signed([257, 190], 2)] }) })

describeOp('dot', cases.dot, { large: () => ({ inputs: [signed([900, 701]), signed([701], 2)] }) })

describeOp('dense', cases.dense, {
  call: ([x, kernel, bias], args) =>
    dense(x as Tensor, kernel as Tensor, bias ?? null, (bias === undefined ? args[1] : args[0]) as DenseActivation),
  large: () => ({ inputs: [signed([130, 257]), signed([257, 190], 2), signed([190], 3)], args: ['tanh'] }),
})

import { goldenCases } from '../helpers/golden.js'
import { describeOp } from '../helpers/op-case.js'
import { labels, positive, signed } from '../helpers/random.js'

const cases = goldenCases('normalization')

describeOp('batchNormalization', cases.batchNormalization, {
  large: () => ({ inputs: [signed([700, 401]), positive([401]), signed([401])] }),
  tolerance: { value: 1e-5, gradient: 2e-5 },
})

describeOp('batchNormalizationInference', cases.batchNormalizationInference, {
  large: () => ({
    inputs: [signed([700, 401]), signed([401], 2), positive([401], 3), signed([401], 4), signed([401], 5)],
  }),
})

describeOp('sparseSoftmaxCrossEntropy', cases.sparseSoftmaxCrossEntropy, {
  large: () => ({ inputs: [signed([3000, 97]), labels(3000, 97)] }),
})

describeOp('softmaxCrossEntropy', cases.softmaxCrossEntropy, {
  large: () => ({ inputs: [signed([3000, 97]), positive([3000, 97])] }),
})

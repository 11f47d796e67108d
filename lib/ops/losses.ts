import { MyelinError } from '../core/error.js'
import { ones } from '../tensor/creation.js'
import { call } from '../tensor/recorder.js'
import { formatShape, sameShape, sizeOf } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { add, mul, neg, sub } from './arithmetic.js'
import { checkTensor, defineOp } from './define.js'
import { reshape, toFloat } from './movement.js'
import { logSoftmax, softmaxGrad } from './softmax.js'
import { sum } from './sum.js'

// Softmax and cross-entropy as one op: stable, and its gradient is simply probabilities − targets. The probabilities are a second
// output that only the gradient reads; through it the gradient has a gradient.

type LossAndProbabilities = [loss: Tensor, p: Tensor]

/** One number a row as a factor of that row. */
const perRow = (d: Tensor): Tensor => reshape(d, [...d.shape, 1])
const total = (a: Tensor | null, b: Tensor | null): Tensor | null => (a === null ? b : b === null ? a : add(a, b))

const sparseOp = defineOp<undefined, [logits: Tensor, labels: Tensor], LossAndProbabilities>(
  'sparseSoftmaxCrossEntropy',
  {
    infer: ([logits, labels]) => [{ shape: labels.shape, dtype: 'float32' }, logits],
    gradient: ({ inputs: [, labels], outputs: [, p] }, [dloss, dp]) => [
      total(dloss && sparseGrad(p, labels, dloss), dp && softmaxGrad(p, dp)),
      null,
    ],
    saves: 'both',
  },
)

const sparseGradOp = defineOp<undefined, [p: Tensor, labels: Tensor, dloss: Tensor]>('sparseSoftmaxCrossEntropyGrad', {
  infer: ([p]) => [p],
  gradient({ inputs: [p, labels, dloss] }, [g]) {
    const difference = sparseGrad(p, labels, ones(dloss.shape))
    return [mul(g, perRow(dloss)), null, sum(mul(g, difference), -1)]
  },
})

/** (probabilities − onehot(labels))·dloss. */
const sparseGrad = (p: Tensor, labels: Tensor, dloss: Tensor): Tensor =>
  call(sparseGradOp, [p, labels, dloss], undefined)

/**
 * −log softmax(logits)[label] for each row.
 * @param logits [N, C]
 * @param labels [N], whole numbers from 0 to C − 1, of any dtype
 * @returns [N]
 * @throws MyelinError ERR_ARGUMENT for a label outside
 */
export function sparseSoftmaxCrossEntropy(logits: Tensor, labels: Tensor): Tensor {
  const z = toFloat(checkTensor(logits, 'sparseSoftmaxCrossEntropy', 'logits'))
  checkTensor(labels, 'sparseSoftmaxCrossEntropy', 'labels')
  if (z.rank !== 2 || labels.rank !== 1 || labels.size !== z.shape[0])
    throw new MyelinError(
      'ERR_SHAPE',
      `[sparseSoftmaxCrossEntropy] needs logits [N, C] and labels [N], got ${formatShape(z.shape)} and ${formatShape(labels.shape)}`,
    )
  return call(sparseOp, [z, labels], undefined)
}

const denseOp = defineOp<undefined, [logits: Tensor, targets: Tensor], LossAndProbabilities>('softmaxCrossEntropy', {
  infer: ([logits]) => [{ shape: logits.shape.slice(0, -1), dtype: 'float32' }, logits],
  gradient: ({ inputs: [logits, targets], outputs: [, p] }, [dloss, dp]) => [
    total(dloss && denseGrad(p, targets, dloss), dp && softmaxGrad(p, dp)),
    targets.requiresGrad && dloss ? neg(mul(logSoftmax(logits), perRow(dloss))) : null,
  ],
  saves: 'both',
})

const denseGradOp = defineOp<undefined, [p: Tensor, targets: Tensor, dloss: Tensor]>('softmaxCrossEntropyGrad', {
  infer: ([p]) => [p],
  gradient({ inputs: [p, targets, dloss] }, [g]) {
    const weight = sum(targets, -1, true)
    const d = perRow(dloss)
    return [
      mul(mul(g, d), weight),
      targets.requiresGrad ? mul(d, sub(sum(mul(g, p), -1, true), g)) : null,
      sum(mul(g, sub(mul(p, weight), targets)), -1),
    ]
  },
})

/** (probabilities·Σ targets − targets)·dloss. */
const denseGrad = (p: Tensor, targets: Tensor, dloss: Tensor): Tensor =>
  call(denseGradOp, [p, targets, dloss], undefined)

/**
 * −Σ targets·log softmax(logits) for each row.
 * @param logits [..., C]
 * @param targets [..., C], usually summing to 1 along the last axis
 * @returns [...]
 */
export function softmaxCrossEntropy(logits: Tensor, targets: Tensor): Tensor {
  const z = toFloat(checkTensor(logits, 'softmaxCrossEntropy', 'logits'))
  const t = toFloat(checkTensor(targets, 'softmaxCrossEntropy', 'targets'))
  if (z.rank < 1 || !sameShape(z.shape, t.shape))
    throw new MyelinError(
      'ERR_SHAPE',
      `[softmaxCrossEntropy] logits and targets must have one shape, got ${formatShape(z.shape)} and ${formatShape(t.shape)}`,
    )
  if (z.rank === 2) return call(denseOp, [z, t], undefined)
  const leading = z.shape.slice(0, -1)
  const rows = [sizeOf(leading), z.shape.at(-1) as number]
  return reshape(call(denseOp, [reshape(z, rows), reshape(t, rows)], undefined), leading)
}

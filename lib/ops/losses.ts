import { MyelinError } from '../core/error.js'
import { ones } from '../tensor/creation.js'
import { apply } from '../tensor/recorder.js'
import { formatShape, sameShape, sizeOf } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { add, mul, neg, sub } from './arithmetic.js'
import { call, checkTensor, defineOp } from './define.js'
import { reshape, toFloat } from './movement.js'
import { logSoftmax, softmaxGrad } from './softmax.js'
import { sum } from './sum.js'

// Softmax and cross-entropy as one op: stable, and its gradient is simply probabilities − targets. The probabilities are a second
// output that only the gradient reads; through it the gradient has a gradient.

/** One number a row as a factor of that row. */
const perRow = (d: Tensor): Tensor => reshape(d, [...d.shape, 1])
const total = (a: Tensor | null, b: Tensor | null): Tensor | null => (a === null ? b : b === null ? a : add(a, b))

const sparseOp = defineOp('sparseSoftmaxCrossEntropy', {
  infer: ([logits, labels]) => [{ shape: (labels as Tensor).shape, dtype: 'float32' }, logits as Tensor],
  gradient({ inputs: [, labels], outputs: [, probabilities] }, [dloss, dprobabilities]) {
    const [p, y] = [probabilities as Tensor, labels as Tensor]
    return [total(dloss ? sparseGrad(p, y, dloss) : null, dprobabilities ? softmaxGrad(p, dprobabilities) : null), null]
  },
  saves: 'both',
})

const sparseGradOp = defineOp('sparseSoftmaxCrossEntropyGrad', {
  infer: ([probabilities]) => [probabilities as Tensor],
  gradient({ inputs }, [g]) {
    const [p, y, dloss] = inputs as [Tensor, Tensor, Tensor]
    const difference = sparseGrad(p, y, ones(dloss.shape))
    return [mul(g as Tensor, perRow(dloss)), null, sum(mul(g as Tensor, difference), -1)]
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
  return apply(sparseOp, [z, labels], undefined)[0] as Tensor
}

const denseOp = defineOp('softmaxCrossEntropy', {
  infer: ([logits]) => [{ shape: (logits as Tensor).shape.slice(0, -1), dtype: 'float32' }, logits as Tensor],
  gradient({ inputs, outputs: [, probabilities] }, [dloss, dprobabilities]) {
    const [logits, targets] = inputs as [Tensor, Tensor]
    const p = probabilities as Tensor
    return [
      total(dloss ? denseGrad(p, targets, dloss) : null, dprobabilities ? softmaxGrad(p, dprobabilities) : null),
      targets.requiresGrad && dloss ? neg(mul(logSoftmax(logits), perRow(dloss))) : null,
    ]
  },
  saves: 'both',
})

const denseGradOp = defineOp('softmaxCrossEntropyGrad', {
  infer: ([probabilities]) => [probabilities as Tensor],
  gradient({ inputs }, [upstream]) {
    const [p, targets, dloss] = inputs as [Tensor, Tensor, Tensor]
    const g = upstream as Tensor
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
  if (z.rank === 2) return apply(denseOp, [z, t], undefined)[0] as Tensor
  const leading = z.shape.slice(0, -1)
  const rows = [sizeOf(leading), z.shape.at(-1) as number]
  return reshape(apply(denseOp, [reshape(z, rows), reshape(t, rows)], undefined)[0] as Tensor, leading)
}

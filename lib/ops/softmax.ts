import { call } from '../tensor/recorder.js'
import { normalizeAxis } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { mul, neg, sub } from './arithmetic.js'
import { checkTensor, defineOp, mapsRows } from './define.js'
import { onLastAxis, toFloat } from './movement.js'
import { exp } from './powers.js'
import { sum } from './sum.js'

// Native on the last axis; other axes are turned there and back.

const softmaxOp = defineOp<undefined>('softmax', {
  infer: (inputs) => inputs,
  rowWise: mapsRows,
  gradient: ({ outputs: [y] }, [dy]) => [softmaxGrad(y, dy)],
  saves: 'outputs',
})

/** e^x normalized to sum 1 along an axis (default the last); its maximum is subtracted first. */
export function softmax(x: Tensor, axis = -1): Tensor {
  const along = normalizeAxis(axis, checkTensor(x, 'softmax').rank, 'softmax')
  return onLastAxis(toFloat(x), along, (z) => call(softmaxOp, [z], undefined))
}

const softmaxGradOp = defineOp<undefined, [y: Tensor, dy: Tensor]>('softmaxGrad', {
  infer: ([y]) => [y],
  gradient({ inputs: [y, dy] }, [g]) {
    // dx = y·(dy − s) with s = Σ y·dy; with g that of dx, d/dy = g·(dy − s) − dy·Σ g·y
    const s = sum(mul(y, dy), -1, true)
    return [sub(mul(g, sub(dy, s)), mul(dy, sum(mul(g, y), -1, true))), softmaxGrad(y, g)]
  },
})

/** y·(dy − Σ y·dy) along the last axis. @internal */
export const softmaxGrad = (y: Tensor, dy: Tensor): Tensor => call(softmaxGradOp, [y, dy], undefined)

const logSoftmaxOp = defineOp<undefined>('logSoftmax', {
  infer: (inputs) => inputs,
  rowWise: mapsRows,
  gradient: ({ outputs: [y] }, [dy]) => [logSoftmaxGrad(y, dy)],
  saves: 'outputs',
})

/** log(softmax(x)) along an axis (default the last), without the loss of precision of the two in turn. */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  const along = normalizeAxis(axis, checkTensor(x, 'logSoftmax').rank, 'logSoftmax')
  return onLastAxis(toFloat(x), along, (z) => call(logSoftmaxOp, [z], undefined))
}

const logSoftmaxGradOp = defineOp<undefined, [y: Tensor, dy: Tensor]>('logSoftmaxGrad', {
  infer: ([y]) => [y],
  gradient({ inputs: [y, dy] }, [g]) {
    const p = exp(y)
    return [neg(mul(mul(g, p), sum(dy, -1, true))), sub(g, sum(mul(g, p), -1, true))]
  },
})

/** dy − softmax·Σ dy along the last axis. */
const logSoftmaxGrad = (y: Tensor, dy: Tensor): Tensor => call(logSoftmaxGradOp, [y, dy], undefined)

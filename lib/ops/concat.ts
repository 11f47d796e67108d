import { MyelinError } from '../core/error.js'
import { formatShape, normalizeAxis } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { toFloat } from './cast.js'
import { call, checkTensor, defineOp } from './define.js'
import { slice } from './slice.js'

const concatOp = defineOp<number>('concat', {
  infer(inputs, axis) {
    const [first] = inputs as [Tensor]
    const total = inputs.reduce((n, x) => n + (x.shape[axis] as number), 0)
    return [{ shape: first.shape.map((n, i) => (i === axis ? total : n)), dtype: first.dtype }]
  },
  encode: (axis) => [axis],
  rowWise: (_, axis, rowed) => axis !== 0 && !rowed.includes(false),
  gradient({ inputs, attrs: axis }, [dy]) {
    let at = 0
    return inputs.map((x) => {
      const begin = x.shape.map((_, i) => (i === axis ? at : 0))
      at += x.shape[axis] as number
      return x.requiresGrad ? slice(dy as Tensor, begin, x.shape) : null
    })
  },
  saves: 'none',
})

/** Tensors behind one another along an axis (default 0); all other sizes agree. Different dtypes give float32. */
export function concat(tensors: readonly Tensor[], axis = 0): Tensor {
  if (!Array.isArray(tensors) || tensors.length === 0)
    throw new MyelinError('ERR_ARGUMENT', '[concat] needs an array of at least one tensor')
  const first = checkTensor(tensors[0], 'concat', 'tensors[0]')
  const along = normalizeAxis(axis, first.rank, 'concat')
  for (const [i, x] of tensors.entries()) {
    checkTensor(x, 'concat', `tensors[${i}]`)
    if (x.rank !== first.rank || x.shape.some((n: number, d: number) => d !== along && n !== first.shape[d]))
      throw new MyelinError(
        'ERR_SHAPE',
        `[concat] all sizes but those of axis ${along} must agree: tensors[0] is ${formatShape(first.shape)}, tensors[${i}] is ${formatShape(x.shape)}`,
      )
  }
  const inputs = tensors.every((x) => x.dtype === first.dtype) ? tensors : tensors.map(toFloat)
  return call(concatOp, inputs, along)
}

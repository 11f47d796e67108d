import { checkShape } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { call, checkTensor, defineOp } from './define.js'

const oneHotOp = defineOp<readonly [depth: number, on: number, off: number]>('oneHot', {
  infer: ([indices], [depth]) => [{ shape: [...(indices as Tensor).shape, depth], dtype: 'float32' }],
  encode: (attrs) => attrs,
})

/**
 * Each index as a vector of `depth` that is onValue at the index and offValue elsewhere: [...] → [..., depth], float32.
 * @param indices whole numbers from 0 to depth − 1
 * @throws MyelinError ERR_ARGUMENT for an index outside or a fractional one
 */
export function oneHot(indices: Tensor, depth: number, onValue = 1, offValue = 0): Tensor {
  checkShape([depth], 'oneHot')
  return call(oneHotOp, [checkTensor(indices, 'oneHot', 'indices')], [depth, onValue, offValue])
}

import { wrong } from '../core/check.js'
import { show } from '../core/show.js'
import { checkShape } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { call, checkTensor, defineOp } from './define.js'
import { broadcastsRows } from './row-wise.js'

type OneHot = readonly [depth: number, on: number, off: number]

const oneHotAs = (name: string) =>
  defineOp<OneHot>(name, {
    native: 'oneHot',
    infer: ([indices], [depth]) => [{ shape: [...(indices as Tensor).shape, depth], dtype: 'float32' }],
    rowWise: broadcastsRows,
    encode: (attrs) => attrs,
  })

const oneHotOp = oneHotAs('oneHot')

/** The same for the labels of a loss or metric, whose name its errors then have. @internal */
export function oneHotLabels(name: string): (labels: Tensor, depth: number) => Tensor {
  const op = oneHotAs(name)
  return (labels, depth) => call(op, [labels], [depth, 1, 0])
}

/**
 * Each index as a vector of `depth` that is onValue at the index and offValue elsewhere: [...] → [..., depth], float32.
 * @param indices whole numbers from 0 to depth − 1
 * @throws MyelinError ERR_ARGUMENT for an index outside or a fractional one
 */
export function oneHot(indices: Tensor, depth: number, onValue = 1, offValue = 0): Tensor {
  checkShape([depth], 'oneHot')
  for (const [name, value] of Object.entries({ onValue, offValue }))
    if (typeof value !== 'number') throw wrong('oneHot', `${name} must be a number, got ${show(value)}`)
  return call(oneHotOp, [checkTensor(indices, 'oneHot', 'indices')], [depth, onValue, offValue])
}

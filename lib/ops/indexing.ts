import { wrong } from '../core/check.js'
import { MyelinError } from '../core/error.js'
import { show } from '../core/show.js'
import type { Op } from '../tensor/op.js'
import { call } from '../tensor/recorder.js'
import { checkShape, normalizeAxis, type Shape, sizeOf } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { broadcastsRows, checkTensor, defineOp, resizeRows } from './define.js'
import { cast } from './movement.js'

// Picking rows and adding rows up are each other's gradient.

interface Rows {
  outer: number
  n: number
  inner: number
  /** The result's shape. */
  shape: Shape
  /** Turns uint8 into float32 on the way. */
  scale?: number
}

type RowsOp = Op<Rows, [x: Tensor, indices: Tensor], [y: Tensor]>

const encode = ({ outer, n, inner, scale }: Rows): number[] =>
  scale === undefined ? [outer, n, inner] : [outer, n, inner, scale]

const gatherOp: RowsOp = defineOp<Rows, [x: Tensor, indices: Tensor]>('gather', {
  infer: ([x], { shape, scale }) => [{ shape, dtype: scale === undefined ? x.dtype : 'float32' }],
  encode,
  // A table that is the same for all, in which each row looks up its own.
  rowWise: ([, indices], { outer, shape }, [x]) => x === false && outer === 1 && indices?.shape[0] === shape[0],
  forRows: (attrs, rows, of) => ({ ...attrs, shape: resizeRows(attrs.shape, rows, of) }),
  gradient: ({ inputs: [x, indices], attrs }, [dy]) => [
    call(scatterOp, [dy, indices], { ...attrs, shape: x.shape }),
    null,
  ],
})

const scatterOp: RowsOp = defineOp<Rows, [dy: Tensor, indices: Tensor]>('scatterAdd', {
  infer: ([dy], { shape }) => [{ shape, dtype: dy.dtype }],
  encode,
  gradient: ({ inputs: [dy, indices], attrs }, [ddx]) => [
    call(gatherOp, [ddx, indices], { ...attrs, shape: dy.shape }),
    null,
  ],
})

/**
 * The slices of x along an axis (default 0) that the indices name, in their order.
 * @param indices whole numbers from −n to n − 1, of any shape, which takes the axis' place
 * @throws MyelinError ERR_ARGUMENT for an index outside
 */
export function gather(x: Tensor, indices: Tensor, axis = 0): Tensor {
  const along = normalizeAxis(axis, checkTensor(x, 'gather').rank, 'gather')
  const picked = indexTensor(indices, 'gather')
  return call(gatherOp, [x, picked], {
    outer: sizeOf(x.shape.slice(0, along)),
    n: x.shape[along] as number,
    inner: sizeOf(x.shape.slice(along + 1)),
    shape: [...x.shape.slice(0, along), ...picked.shape, ...x.shape.slice(along + 1)],
  })
}

/** A mini-batch: rows of a data set, uint8 ones converted to float32 and multiplied by `scale` on the way. */
export function gatherRows(x: Tensor, indices: Tensor, scale?: number): Tensor {
  const [n, ...row] = x.shape as [number, ...number[]]
  const attrs = { outer: 1, n, inner: sizeOf(row), shape: [indices.size, ...row] }
  return call(gatherOp, [x, indices], scale === undefined || x.dtype !== 'uint8' ? attrs : { ...attrs, scale })
}

/** Indices as the native ops read them. */
function indexTensor(indices: Tensor, op: string): Tensor {
  const { dtype } = checkTensor(indices, op, 'indices')
  if (dtype === 'float32' || dtype === 'bool')
    throw new MyelinError(
      'ERR_DTYPE',
      `[${op}] indices must be whole numbers (int32 or uint8), got ${dtype}; cast them`,
    )
  return cast(indices, 'int32')
}

type OneHot = readonly [depth: number, on: number, off: number]

const oneHotAs = (name: string) =>
  defineOp<OneHot>(name, {
    native: 'oneHot',
    infer: ([indices], [depth]) => [{ shape: [...indices.shape, depth], dtype: 'float32' }],
    rowWise: broadcastsRows,
    encode: (attrs) => attrs,
  })

const oneHotOp = oneHotAs('oneHot')

/** {@link oneHot} of the labels of a loss or metric, whose name its errors then have. @internal */
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

interface Classes {
  classes: number
  /** Character codes. */
  who: readonly number[]
  /** The layer that asks, for messages. */
  layer?: string
}

const classLabelsAs = (name: string) =>
  defineOp<Classes>(name, {
    native: 'classLabels',
    layer: ({ layer }) => layer,
    infer: ([labels]) => [{ shape: labels.shape, dtype: 'int32' }],
    rowWise: broadcastsRows,
    encode: ({ classes, who }) => [classes, ...who],
  })

const classLabelsOp = classLabelsAs('classLabels')
const embeddingOp = classLabelsAs('embedding')

/**
 * Labels of any dtype as int32, each checked when it is read.
 * @param who what the message about a label that is no class names: a metric
 * @throws MyelinError ERR_ARGUMENT for what is no whole number from 0 to classes − 1
 */
export function classLabels(labels: Tensor, classes: number, who: string): Tensor {
  return call(classLabelsOp, [labels], { classes, who: characters(who) })
}

/** {@link classLabels} for the embedding layer of this name, under which its errors come. @internal */
export const embeddingLabels = (labels: Tensor, classes: number, layer: string): Tensor =>
  call(embeddingOp, [labels], { classes, who: [], layer })

/** The native op spells a name of at most 64 printable ASCII characters. */
const characters = (name: string): number[] =>
  Array.from(name.slice(0, 64).replace(/[^ -~]/g, '?'), (letter) => letter.charCodeAt(0))

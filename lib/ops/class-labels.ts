import type { Tensor } from '../tensor/tensor.js'
import { call, defineOp } from './define.js'
import { broadcastsRows } from './row-wise.js'

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
    infer: ([labels]) => [{ shape: (labels as Tensor).shape, dtype: 'int32' }],
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

/** The same for the embedding layer of this name, under whose own name its errors come. @internal */
export const embeddingLabels = (labels: Tensor, classes: number, layer: string): Tensor =>
  call(embeddingOp, [labels], { classes, who: [], layer })

/** The native op spells a name of at most 64 printable ASCII characters. */
const characters = (name: string): number[] =>
  Array.from(name.slice(0, 64).replace(/[^ -~]/g, '?'), (letter) => letter.charCodeAt(0))

import { argMax, classLabels, reshape } from '../../ops/index.js'
import { sameShape, sizeOf } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import { matchLabels, misshapen } from '../losses/loss.js'

/** The right class of each row and the predictions, [rows] int32 and [rows, classes]. */
interface ClassRows {
  labels: Tensor
  rows: Tensor
  classes: number
}

/**
 * Targets of a classification: labels [N] or [N, 1], or the class of the largest target where they are [N, classes].
 * @param name of the metric, for messages
 * @throws MyelinError ERR_SHAPE; ERR_ARGUMENT for a label that is no class
 */
export function classRows(name: string, yTrue: Tensor, yPred: Tensor): ClassRows {
  if (yPred.rank < 2 || (yPred.shape.at(-1) as number) < 2)
    throw misshapen(name, yTrue, yPred, 'needs predictions [N, classes] of at least two classes')
  const classes = yPred.shape.at(-1) as number
  if (sameShape(yTrue.shape, yPred.shape)) {
    const size = [sizeOf(yPred.shape.slice(0, -1)), classes]
    return { labels: argMax(reshape(yTrue, size), -1), rows: reshape(yPred, size), classes }
  }
  const { labels, rows } = matchLabels(name, yTrue, yPred)
  return { labels: classLabels(labels, classes, name), rows, classes }
}

import { wrong } from '../core/check.js'
import { MyelinError } from '../core/error.js'
import { own } from '../core/records.js'
import { show } from '../core/show.js'
import { isRecord } from '../data/source.js'
import { argMax, cast, classLabels, gather, reshape } from '../ops/index.js'
import { tensor } from '../tensor/creation.js'
import { formatShape, type Shape } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'

/** For each class, by its number, the weight of its samples in the loss. Classes that are not named have weight 1. */
export type ClassWeight = Readonly<Record<number, number>>

/** @throws MyelinError ERR_ARGUMENT for what is no class, a weight that is negative or not finite, or several outputs */
export function checkClassWeight(classWeight: ClassWeight, outputs: readonly string[]): void {
  if (!isRecord(classWeight))
    throw wrong('fit', `classWeight must be a record from classes to weights, got ${show(classWeight)}`)
  if (outputs.length > 1)
    throw wrong(
      'fit',
      `classWeight is for models with one output, there are ${outputs.length}; give sampleWeight by output`,
    )
  for (const [label, weight] of Object.entries(classWeight)) {
    if (!/^(0|[1-9]\d*)$/.test(label))
      throw wrong('fit', `classWeight has the key ${show(label)}, a class is a whole number from 0`)
    if (typeof weight !== 'number' || !(weight >= 0 && weight < Number.POSITIVE_INFINITY))
      throw wrong('fit', `the weight of class ${label} must be finite and not negative, got ${show(weight)}`)
  }
}

/**
 * The weight of each sample of a batch by its class, [N].
 * @param y labels [N] or [N, 1], whole numbers, or one-hot targets [N, classes]
 * @param outputShape of one sample; its last axis counts the classes of labels, or for one unit there are two
 * @throws MyelinError ERR_ARGUMENT if a class with a weight is none of the model's, ERR_SHAPE; when it is read, ERR_ARGUMENT for a
 *   label that is none of its classes: fractional, negative, not a number, or too large
 */
export function classWeights(classWeight: ClassWeight, y: Tensor, outputShape: Shape): Tensor {
  const [n, width = 1, ...rest] = y.shape as [number, ...number[]]
  if (rest.length > 0)
    throw new MyelinError(
      'ERR_SHAPE',
      `[fit] classWeight needs one class a sample, the targets are ${formatShape(y.shape)}`,
    )
  const classes = width > 1 ? width : Math.max(2, outputShape.at(-1) ?? 1)
  const labels = Object.keys(classWeight).map(Number)
  const unknown = labels.find((label) => label >= classes)
  if (unknown !== undefined)
    throw wrong('fit', `classWeight has a weight for class ${unknown}; the classes go from 0 to ${classes - 1}`)
  const table = tensor(Float32Array.from({ length: classes }, (_, label) => own(classWeight, String(label)) ?? 1))
  // One-hot targets may be soft: their class is the likeliest, as in Keras.
  const classOf = width > 1 ? cast(argMax(y, -1), 'int32') : classLabels(reshape(y, [n]), classes, 'classWeight')
  return gather(table, classOf)
}

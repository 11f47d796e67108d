import { MyelinError } from '../../native/error.js'
import { cast, mean, reshape } from '../../ops/index.js'
import { formatShape, sameShape, sizeOf } from '../../tensor/shape.js'
import { Tensor } from '../../tensor/tensor.js'

export interface LossOptions {
  /** Whether yPred holds logits: what a softmax or sigmoid would still be applied to. Default false: probabilities. */
  fromLogits?: boolean
  /** How far the targets are drawn towards evenly spread ones, in [0, 1]. Default 0. */
  labelSmoothing?: number
  /** `mean` over the samples (default), or `none`: one value a sample, [N]. */
  reduction?: 'mean' | 'none'
}

/** (yTrue, yPred) → scalar; a user's may also return one value a sample, which sample weights need. */
export interface LossFunction {
  (yTrue: Tensor, yPred: Tensor, options?: LossOptions): Tensor
  /** The activation that `fromLogits` takes over: a model that ends in it is trained on its logits. */
  readonly fromLogits?: 'softmax' | 'sigmoid'
}

/** What {@link defineLoss} hands a loss: yPred in float32, the options with their defaults. */
export type LossRule = (
  yTrue: Tensor,
  yPred: Tensor,
  options: { fromLogits: boolean; labelSmoothing: number },
) => Tensor

/**
 * A loss from the rule that gives its elements, one or more a sample: the rest is averaged, for each sample or over all.
 * @param options what the loss takes apart from `reduction`; other options are refused
 */
export function defineLoss(
  name: string,
  {
    fromLogits: activation,
    labelSmoothing: smooths = false,
  }: { fromLogits?: 'softmax' | 'sigmoid'; labelSmoothing?: boolean },
  rule: LossRule,
): LossFunction {
  const loss = (yTrue: Tensor, yPred: Tensor, options: LossOptions = {}): Tensor => {
    const { fromLogits = false, labelSmoothing = 0, reduction = 'mean' } = options
    for (const [argument, value] of [
      ['yTrue', yTrue],
      ['yPred', yPred],
    ] as const)
      if (!(value instanceof Tensor)) throw wrong(name, `${argument} must be a Tensor, got ${String(value)}`)
    if (fromLogits && activation === undefined) throw wrong(name, 'has no option fromLogits')
    if (labelSmoothing !== 0 && !smooths) throw wrong(name, 'has no option labelSmoothing')
    if (!(labelSmoothing >= 0 && labelSmoothing <= 1))
      throw wrong(name, `labelSmoothing must lie in [0, 1], got ${String(labelSmoothing)}`)
    if (reduction !== 'mean' && reduction !== 'none')
      throw wrong(name, `reduction must be mean or none, got ${String(reduction)}`)
    if (yPred.rank === 0) throw misshapen(name, yTrue, yPred, 'needs a batch axis')

    const elements = rule(yTrue, cast(yPred, 'float32'), { fromLogits, labelSmoothing })
    if (reduction === 'mean') return mean(elements)
    return elements.rank === 1 ? elements : mean(elements, elements.shape.map((_, i) => i).slice(1))
  }
  return Object.assign(loss, activation === undefined ? {} : { fromLogits: activation })
}

/** yTrue in float32 and of yPred's shape, where the two differ at most by a last axis of size 1. */
export function matchTargets(name: string, yTrue: Tensor, yPred: Tensor): Tensor {
  const targets = cast(yTrue, 'float32')
  if (sameShape(targets.shape, yPred.shape)) return targets
  const trimmed = [targets.shape, yPred.shape].map((shape) =>
    shape.length > 1 && shape.at(-1) === 1 ? shape.slice(0, -1) : shape,
  )
  if (sameShape(trimmed[0] ?? [], trimmed[1] ?? [])) return reshape(targets, yPred.shape)
  throw misshapen(name, yTrue, yPred, 'needs targets shaped like the predictions')
}

/**
 * Labels and predictions as [rows] and [rows, classes]; labels may have a last axis of size 1.
 * @throws MyelinError ERR_SHAPE
 */
export function matchLabels(name: string, yTrue: Tensor, yPred: Tensor): { labels: Tensor; rows: Tensor } {
  const before = yPred.shape.slice(0, -1)
  const fits = sameShape(yTrue.shape, before) || sameShape(yTrue.shape, [...before, 1])
  const classes = yPred.shape.at(-1) ?? 0
  if (yPred.rank < 2 || classes === 0 || !fits)
    throw misshapen(name, yTrue, yPred, 'needs labels [N] and predictions [N, classes]')
  const labels = yTrue.dtype === 'bool' ? cast(yTrue, 'int32') : yTrue
  const n = sizeOf(before)
  return {
    labels: labels.rank === 1 ? labels : reshape(labels, [n]),
    rows: yPred.rank === 2 ? yPred : reshape(yPred, [n, classes]),
  }
}

export function misshapen(name: string, yTrue: Tensor, yPred: Tensor, message: string): MyelinError {
  return new MyelinError(
    'ERR_SHAPE',
    `[${name}] ${message}: yTrue is ${formatShape(yTrue.shape)}, yPred is ${formatShape(yPred.shape)}`,
  )
}

function wrong(name: string, message: string): MyelinError {
  return new MyelinError('ERR_ARGUMENT', `[${name}] ${message}`)
}

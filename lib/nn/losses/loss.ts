import { checkFlag, wrong } from '../../core/check.js'
import { MyelinError } from '../../core/error.js'
import { isPlainObject } from '../../core/kinds.js'
import { type AnySchema, oneOf, optional, parseOptions, type Schema } from '../../core/schema.js'
import { inCode, show } from '../../core/show.js'
import { cast, mean, reshape } from '../../ops/index.js'
import { freeOnFailure } from '../../tensor/scope.js'
import { formatShape, sameShape, sizeOf } from '../../tensor/shape.js'
import { Tensor } from '../../tensor/tensor.js'
import { checkPart } from '../option-checks.js'

export interface LossOptions {
  /** Whether yPred holds logits: what a softmax or sigmoid would still be applied to. Default false: probabilities. */
  fromLogits?: boolean
  /** How far the targets are drawn towards evenly spread ones, in [0, 1]. Default 0. */
  labelSmoothing?: number
  /** `mean` over the samples (default), or `none`: one value a sample, [N]. */
  reduction?: 'mean' | 'none'
}

/**
 * (yTrue, yPred) → scalar; a user's may also return one value a sample, which sample weights need. One of this library gets other
 * options in `compile` as a config, `{ name: 'huber', delta: 2 }`. Who wraps it hands the options on, which lets training ask for one
 * value a sample: `(yTrue, yPred, options) => losses.huber(yTrue, yPred, { ...options, delta: 2 })`.
 */
export interface LossFunction<Own extends object = object> {
  (yTrue: Tensor, yPred: Tensor, options?: LossOptions & Own): Tensor
  /** The activation that `fromLogits` takes over: a model that ends in it is trained on its logits. */
  readonly fromLogits?: 'softmax' | 'sigmoid'
  /** Its name and options as plain data, where it has others than the defaults. */
  readonly config?: LossConfig
  /** The options that it takes, if it is one of this library. @internal */
  readonly schema?: AnySchema
  /** The loss that it is, but for its options. @internal */
  readonly of?: LossFunction
}

/** A loss as plain data: `{ name: 'huber', delta: 2 }`. */
export interface LossConfig {
  readonly name: string
  readonly [option: string]: unknown
}

/** The elements of a loss, as {@link defineLoss} asks for them: yPred in float32, the options with their defaults. */
export type LossRule<Own extends object> = (
  yTrue: Tensor,
  yPred: Tensor,
  options: { fromLogits: boolean; labelSmoothing: number } & Required<Own>,
) => Tensor

export interface LossTraits<Own extends object> {
  /** The activation that `fromLogits` takes over; absent: the loss has no such option. */
  fromLogits?: 'softmax' | 'sigmoid'
  /** Whether there is a `labelSmoothing`. Default false. */
  labelSmoothing?: boolean
  /** The loss's own options. */
  own?: Schema<Own>
}

/**
 * A loss from the rule that gives its elements, one or more a sample: the rest is averaged, for each sample or over all.
 * @param traits what the loss takes apart from `reduction`; other options are refused
 */
export function defineLoss<Own extends object = object>(
  name: string,
  { fromLogits: activation, labelSmoothing: smooths = false, own }: LossTraits<Own>,
  rule: LossRule<Own>,
): LossFunction<Own> {
  const schema = {
    fromLogits: optional(activation === undefined ? checkNoLogits : checkFlag, false),
    labelSmoothing: optional(smooths ? checkPart : checkNoSmoothing, 0),
    reduction: optional(oneOf<'mean' | 'none'>('mean', 'none'), 'mean'),
    ...(own as AnySchema | undefined),
  } satisfies Schema<LossOptions>
  const defaults = parseOptions(schema, {}, name)
  const loss = (yTrue: Tensor, yPred: Tensor, options?: LossOptions & Partial<Own>): Tensor => {
    refuseOptionsAlone(name, yTrue, yPred)
    const { reduction, ...values } = options === undefined ? defaults : parseOptions(schema, options, name)
    for (const [argument, value] of [
      ['yTrue', yTrue],
      ['yPred', yPred],
    ] as const)
      if (!(value instanceof Tensor)) throw wrong(name, `${argument} must be a Tensor, got ${show(value)}`)
    if (yPred.rank === 0) throw misshapen(name, yTrue, yPred, 'needs a batch axis')

    return freeOnFailure(() => {
      const elements = rule(yTrue, cast(yPred, 'float32'), values as typeof values & Required<Own>)
      if (reduction === 'mean') return mean(elements)
      return elements.rank === 1 ? elements : mean(elements, elements.shape.map((_, i) => i).slice(1))
    })
  }
  // The name by which a loss that is used as a metric appears in the logs.
  Object.defineProperty(loss, 'name', { value: name })
  return Object.assign(loss, { schema, ...(activation !== undefined && { fromLogits: activation }) })
}

function checkNoLogits(where: string, option: string, given: boolean): boolean {
  if (checkFlag(where, option, given)) throw wrong(where, `has no option ${option}`)
  return given
}

function checkNoSmoothing(where: string, option: string, given: number): number {
  if (given !== 0) throw wrong(where, `has no option ${option}`)
  return given
}

/**
 * A loss with other options than its defaults; those of a call count before them.
 * @throws MyelinError ERR_ARGUMENT for options that one of this library does not take
 */
export function withOptions(loss: LossFunction, { name, ...options }: LossConfig): LossFunction {
  const { fromLogits, schema } = loss
  if (schema !== undefined) parseOptions(schema, options, name)
  const made = (yTrue: Tensor, yPred: Tensor, given?: LossOptions): Tensor =>
    loss(yTrue, yPred, { ...options, ...given })
  Object.defineProperty(made, 'name', { value: name })
  const traits = fromLogits === undefined || options.fromLogits === true ? {} : { fromLogits }
  return Object.assign(made, { config: { name, ...options }, of: loss, ...traits })
}

/** Keras' losses are classes, which are given their options first; these are the functions themselves. */
function refuseOptionsAlone(name: string, yTrue: unknown, yPred: unknown): void {
  if (yPred !== undefined || (yTrue !== undefined && !isPlainObject(yTrue))) return
  throw wrong(
    name,
    yTrue === undefined
      ? `is the loss itself, a function (yTrue, yPred): give loss: losses.${name}, or '${name}'`
      : `takes (yTrue, yPred, options); in compile write loss: { name: '${name}', ${inCode(yTrue)} }`,
  )
}

/**
 * yTrue and yPred in one rank where one has a last axis of size 1 more, as Keras hands them to functions of the user's: those may
 * pair elements, and [N] beside [N, 1] would broadcast to [N, N].
 */
export function alignRanks(yTrue: Tensor, yPred: Tensor): [yTrue: Tensor, yPred: Tensor] {
  if (hasLastAxisMore(yPred, yTrue)) return yTrue.rank === 1 ? [expanded(yTrue), yPred] : [yTrue, squeezed(yPred)]
  if (hasLastAxisMore(yTrue, yPred)) return yPred.rank === 1 ? [yTrue, expanded(yPred)] : [squeezed(yTrue), yPred]
  return [yTrue, yPred]
}

const hasLastAxisMore = (x: Tensor, other: Tensor): boolean => x.rank === other.rank + 1 && x.shape.at(-1) === 1
const expanded = (x: Tensor): Tensor => reshape(x, [...x.shape, 1])
const squeezed = (x: Tensor): Tensor => reshape(x, x.shape.slice(0, -1))

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

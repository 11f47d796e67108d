import { wrong } from '../../core/check.js'
import { maybe, oneOf, type Schema, whole } from '../../core/schema.js'
import { argMax, classLabels, equal, greater, reshape, slice, where } from '../../ops/index.js'
import { sameShape, sizeOf } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import { matchLabels, matchTargets, misshapen } from '../losses/loss.js'
import { checkPart } from '../option-checks.js'
import { classRows } from './classes.js'
import { type Metric, type MetricOptions, ruledMetric } from './metric.js'
import type { Tally } from './tally.js'

/**
 * The samples that count as positive, for precision, recall and f1.
 * - Neither `classId` nor `average`: every element is a yes or no of its own. yTrue: 0 or 1, of yPred's shape [N, …], but for a last
 *   axis of size 1; yPred: probabilities, positive above `threshold`. As Keras.
 * - `classId`: the same for that class alone. yTrue: labels [N] or [N, 1], or 0 and 1 [N, classes]; yPred: [N, classes].
 * - `average` without `threshold`: one of several classes. The most probable is predicted, the first of several equal ones. yTrue:
 *   labels, or one-hot; yPred: [N, classes].
 * - `average` with `threshold`: any of several labels. yTrue: 0 and 1, yPred: probabilities, both [N, labels].
 */
export interface PositiveOptions extends MetricOptions {
  /** Above what a probability is a positive, in [0, 1]. Default 0.5, or with `average` the largest of a sample. */
  threshold?: number
  /** The only class to look at, from 0. */
  classId?: number
  /**
   * How the figures of the classes become one: `macro` their mean, `weighted` their mean by the number of samples that are of the
   * class, `micro` the figure of all counts together.
   */
  average?: Average
}

type Average = 'macro' | 'micro' | 'weighted'

const schema = {
  threshold: maybe(checkPart),
  classId: maybe(whole(0)),
  average: maybe(oneOf<Average>('macro', 'micro', 'weighted')),
} satisfies Schema<PositiveOptions, MetricOptions>

/** Of the positives that were predicted, the share that are right: TP / (TP + FP); 0 if none was. Options: {@link PositiveOptions}. */
export const precision = (options: PositiveOptions = {}): Metric =>
  positives('precision', options, ({ hits, predicted }) => ratio(hits, predicted))

/** Of the positives that there are, the share that was predicted: TP / (TP + FN); 0 if there is none. Options: {@link PositiveOptions}. */
export const recall = (options: PositiveOptions = {}): Metric =>
  positives('recall', options, ({ hits, actual }) => ratio(hits, actual))

/** The harmonic mean of precision and recall: 2TP / (2TP + FP + FN); 0 without positives. Options: {@link PositiveOptions}. */
export const f1 = (options: PositiveOptions = {}): Metric =>
  positives('f1', options, ({ hits, predicted, actual }) => ratio(2 * hits, predicted + actual))

/** Of one class: right positives, predicted ones, and those that there are. */
interface Positives {
  hits: number
  predicted: number
  actual: number
}

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole)

function positives(kind: string, options: PositiveOptions, figure: (counts: Positives) => number): Metric {
  return ruledMetric(kind, schema, options, ({ name, threshold, classId, average }) => {
    if (average !== undefined && classId !== undefined)
      throw wrong(kind, 'takes classId, for one class, or average, for all, not both')
    return {
      needsProbabilities: average === undefined || threshold !== undefined,
      count(tally, yTrue, yPred) {
        if (average !== undefined && threshold === undefined) countClasses(name, tally, yTrue, yPred)
        else if (classId !== undefined) countClass(name, tally, yTrue, yPred, classId, threshold)
        else countElements(name, tally, yTrue, yPred, average === undefined ? 1 : undefined, threshold)
      },
      figure: (tally) => averaged(read(tally), figure, average),
    }
  })
}

function averaged(
  classes: readonly Positives[],
  figure: (counts: Positives) => number,
  average: Average | undefined,
): number {
  const total = (part: keyof Positives): number => classes.reduce((sum, counts) => sum + counts[part], 0)
  if (average === undefined || average === 'micro')
    return figure({ hits: total('hits'), predicted: total('predicted'), actual: total('actual') })
  const weight = ({ actual }: Positives): number => (average === 'weighted' ? actual : 1)
  return ratio(
    classes.reduce((sum, counts) => sum + weight(counts) * figure(counts), 0),
    classes.reduce((sum, counts) => sum + weight(counts), 0),
  )
}

function read(tally: Tally): Positives[] {
  const [hits, predicted, actual] = ['hits', 'predicted', 'actual'].map((part) => tally.read(part)?.sums)
  // Hits may have one count more, of what is none.
  return Array.from(actual ?? [], (count, i) => ({
    hits: hits?.[i] ?? 0,
    predicted: predicted?.[i] ?? 0,
    actual: count,
  }))
}

/** Counts pairs of 0 and 1, each in the column of its last axis. */
function countPairs(tally: Tally, actual: Tensor, predicted: Tensor, columns: number): void {
  tally.totals('hits', columns).add(actual, 0, 1, predicted)
  tally.totals('predicted', columns).add(predicted, 0)
  tally.totals('actual', columns).add(actual, 0)
}

function countElements(
  name: string,
  tally: Tally,
  yTrue: Tensor,
  yPred: Tensor,
  columns = yPred.shape.at(-1) as number,
  threshold = 0.5,
): void {
  if (yPred.rank > 1 && yPred.shape.at(-1) !== 1 && !sameShape(yTrue.shape, yPred.shape))
    throw misshapen(name, yTrue, yPred, 'needs targets shaped like the predictions, or for classes classId or average')
  if (yPred.rank < 2 && columns !== 1) throw misshapen(name, yTrue, yPred, 'averages over the labels of [N, labels]')
  countPairs(tally, classLabels(matchTargets(name, yTrue, yPred), 2, name), greater(yPred, threshold), columns)
}

function countClass(name: string, tally: Tally, yTrue: Tensor, yPred: Tensor, classId: number, threshold = 0.5): void {
  const classes = yPred.shape.at(-1) as number
  if (yPred.rank < 2 || classId >= classes) throw misshapen(name, yTrue, yPred, `has no class ${classId}`)
  const column = (x: Tensor): Tensor =>
    slice(reshape(x, [sizeOf(x.shape.slice(0, -1)), classes]), [0, classId], [-1, 1])
  const actual = sameShape(yTrue.shape, yPred.shape)
    ? classLabels(column(yTrue), 2, name)
    : equal(classLabels(matchLabels(name, yTrue, yPred).labels, classes, name), classId)
  countPairs(tally, actual, greater(column(yPred), threshold), 1)
}

function countClasses(name: string, tally: Tally, yTrue: Tensor, yPred: Tensor): void {
  const { labels, rows, classes } = classRows(name, yTrue, yPred)
  const predicted = argMax(rows, -1)
  tally.totals('actual', classes).addCounts(labels)
  tally.totals('predicted', classes).addCounts(predicted)
  tally.totals('hits', classes + 1).addCounts(where(equal(labels, predicted), labels, classes))
}

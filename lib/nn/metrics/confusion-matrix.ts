import { wrong } from '../../core/check.js'
import { maybe, type Schema } from '../../core/schema.js'
import { show } from '../../core/show.js'
import { add, argMax, cast, classLabels, greater, mul, reshape } from '../../ops/index.js'
import type { Tensor } from '../../tensor/tensor.js'
import { matchTargets, misshapen } from '../losses/loss.js'
import { classRows } from './classes.js'
import { type Metric, type MetricOptions, type MetricRule, metricRecipe, RuledMetric } from './metric.js'
import type { Tally } from './tally.js'

export interface ConfusionMatrixOptions extends MetricOptions {
  /** The number of classes, at least 2. Default that of the model's output: two for one output, which is a probability. */
  classes?: number
}

/** A metric that also tells which class was taken for which. */
export interface ConfusionMatrix extends Metric {
  /**
   * [classes][classes]: how often class i (row) was predicted to be class j (column) since `reset`. Given to `compile`, it is that
   * of the pass that began last. Empty if there was no batch yet and the number of classes was not given.
   */
  matrix(): number[][]
}

const schema = { classes: maybe(checkClasses) } satisfies Schema<ConfusionMatrixOptions, MetricOptions>

function checkClasses(where: string, option: string, given: number): number {
  if (Number.isSafeInteger(given) && given >= 2 && given <= mostClasses) return given
  throw wrong(where, `${option} must be a whole number from 2 to ${mostClasses}, got ${show(given)}`)
}

/**
 * How often each class was taken for each. `result()`, which the logs get, is the share on the diagonal: the accuracy; `matrix()`
 * gives the counts. yTrue: labels [N] or [N, 1], or one-hot [N, classes]; yPred: [N, classes], or [N] or [N, 1], the probability of
 * class 1, predicted above 0.5.
 */
export const confusionMatrix = (options: ConfusionMatrixOptions = {}): ConfusionMatrix => new CountedPairs(options)

/** The square of it is an index of int32. */
const mostClasses = 46340

class CountedPairs extends RuledMetric implements ConfusionMatrix {
  private readonly classes: number | undefined

  constructor(options: ConfusionMatrixOptions) {
    super(metricRecipe('confusionMatrix', schema, options, ({ name, classes }) => pairs(name, classes)))
    this.classes = options.classes
  }

  matrix(): number[][] {
    const counts = countsOf(this.counts, this.classes)
    const classes = Math.sqrt(counts.length)
    return Array.from({ length: classes }, (_, i) => Array.from(counts.subarray(i * classes, (i + 1) * classes)))
  }
}

const countsOf = (tally: Tally, classes = 0): Float64Array =>
  tally.read('pairs')?.sums ?? new Float64Array(classes * classes)

function pairs(name: string, given: number | undefined): MetricRule {
  return {
    // Only one output, or perhaps two, leaves open what the predictions are.
    needsProbabilities: given === undefined || given === 2,
    count(tally, yTrue, yPred) {
      const { labels, predicted, classes } = predictions(name, yTrue, yPred)
      if (given !== undefined && given !== classes) throw misshapen(name, yTrue, yPred, `is for ${given} classes`)
      if (classes > mostClasses) throw misshapen(name, yTrue, yPred, `counts at most ${mostClasses} classes`)
      tally.totals('pairs', classes * classes).addCounts(add(mul(labels, classes), predicted))
    },
    figure(tally) {
      const counts = countsOf(tally)
      const classes = Math.sqrt(counts.length)
      let [right, all] = [0, 0]
      counts.forEach((count, i) => {
        all += count
        if (i % (classes + 1) === 0) right += count
      })
      return all === 0 ? 0 : right / all
    },
  }
}

function predictions(name: string, yTrue: Tensor, yPred: Tensor) {
  if (yPred.rank < 2 || yPred.shape.at(-1) === 1) {
    const labels = classLabels(matchTargets(name, yTrue, yPred), 2, name)
    const flat = (x: Tensor): Tensor => reshape(x, [x.size])
    return { labels: flat(labels), predicted: flat(cast(greater(yPred, 0.5), 'int32')), classes: 2 }
  }
  const { labels, rows, classes } = classRows(name, yTrue, yPred)
  return { labels, predicted: argMax(rows, -1), classes }
}

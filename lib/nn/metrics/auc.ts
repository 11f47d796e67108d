import { wrong } from '../../core/check.js'
import { oneOf, optional, type Schema } from '../../core/schema.js'
import { show } from '../../core/show.js'
import { add, cast, classLabels, clip, equal, maximum, mul, notEqual, sub } from '../../ops/index.js'
import type { Tensor } from '../../tensor/tensor.js'
import { matchTargets } from '../losses/loss.js'
import { type Metric, type MetricOptions, type MetricRule, ruledMetric } from './metric.js'
import type { Tally } from './tally.js'

export interface AucOptions extends MetricOptions {
  /** At how many thresholds, evenly from 0 to 1, the curve is known; at least 2. Default 200. */
  numThresholds?: number
  /** `ROC` (default): the share of positives found over the share of false alarms; `PR`: precision over recall. */
  curve?: 'ROC' | 'PR'
}

const schema = {
  numThresholds: optional(checkThresholds, 200),
  curve: optional(oneOf<'ROC' | 'PR'>('ROC', 'PR'), 'ROC'),
} satisfies Schema<AucOptions, MetricOptions>

function checkThresholds(where: string, option: string, given: number): number {
  if (Number.isSafeInteger(given) && given >= 2 && given <= 2 ** 24) return given
  throw wrong(where, `${option} must be a whole number from 2 to 2^24, got ${show(given)}`)
}

/**
 * The area under the ROC or the precision-recall curve, from counts at thresholds as Keras does it: trapezoids, and for PR the
 * interpolation of Davis & Goadrich (2006). 0 without positives, and for ROC without negatives; NaN if a prediction is. Every element is
 * a case of its own.
 * yTrue: 0 or 1, of yPred's shape [N, …], but for a last axis of size 1; yPred: probabilities, clipped to [0, 1].
 */
export const auc = (options: AucOptions = {}): Metric =>
  ruledMetric('auc', schema, options, ({ name, numThresholds, curve }) => areaUnder(name, numThresholds - 1, curve))

function areaUnder(name: string, bins: number, curve: 'ROC' | 'PR'): MetricRule {
  return {
    needsProbabilities: true,
    count(tally, yTrue, yPred) {
      const positive = classLabels(matchTargets(name, yTrue, yPred), 2, name)
      tally.totals('undefined').add(cast(notEqual(yPred, yPred), 'float32'), 0)
      tally.totals('bins', 2 * bins).addCounts(add(mul(binOf(yPred, bins), 2), positive))
    },
    figure(tally) {
      if ((tally.read('undefined')?.sums[0] ?? 0) > 0) return Number.NaN
      return (curve === 'ROC' ? areaUnderRoc : areaUnderPr)(pointsOf(tally, bins))
    },
  }
}

/** Bin i holds what lies above threshold i/bins and not above the next; 0 lies in the first. */
function binOf(yPred: Tensor, bins: number): Tensor {
  const scaled = mul(clip(yPred, 0, 1), bins)
  const whole = cast(scaled, 'int32')
  return maximum(sub(whole, cast(equal(scaled, cast(whole, 'float32')), 'int32')), 0)
}

/** The samples above a threshold: right and wrong positives. */
interface Point {
  right: number
  wrong: number
}

/** From the highest threshold, above which there is nothing, to the lowest, above which there is all. */
function pointsOf(tally: Tally, bins: number): Point[] {
  const points: Point[] = [{ right: 0, wrong: 0 }]
  const counts = tally.read('bins')?.sums
  let [right, wrong] = [0, 0]
  for (let i = bins - 1; i >= 0; i--) {
    wrong += counts?.[2 * i] ?? 0
    right += counts?.[2 * i + 1] ?? 0
    points.push({ right, wrong })
  }
  return points
}

function areaUnderRoc(points: readonly Point[]): number {
  const all = points.at(-1) as Point
  if (all.right === 0 || all.wrong === 0) return 0
  return between(points, (a, b) => ((b.wrong - a.wrong) * (a.right + b.right)) / 2) / all.right / all.wrong
}

/** Between two points precision is no straight line: right positives are taken to grow evenly with all positives. */
function areaUnderPr(points: readonly Point[]): number {
  const all = (points.at(-1) as Point).right
  if (all === 0) return 0
  const area = between(points, (a, b) => {
    const [before, after] = [a.right + a.wrong, b.right + b.wrong]
    if (after === before) return 0
    const slope = (b.right - a.right) / (after - before)
    const intercept = a.right - slope * before
    const growth = before > 0 ? Math.log(after / before) : 0
    return slope * (b.right - a.right + intercept * growth)
  })
  return area / all
}

const between = (points: readonly Point[], area: (a: Point, b: Point) => number): number =>
  points.slice(1).reduce((sum, point, i) => sum + area(points[i] as Point, point), 0)

import { wrong } from '../core/check.js'
import { withFunctions } from '../core/config.js'
import { checkOptions, lookUp } from '../core/names.js'
import { own } from '../core/records.js'
import { listed, show } from '../core/show.js'
import { isRecord } from '../data/source.js'
import {
  getLoss,
  getMetric,
  isLossConfig,
  isMetric,
  isMetricConfig,
  type LossLike,
  lossConfig,
  type MetricLike,
  metricRegistry,
} from '../nn/choices.js'
import type { LossFunction } from '../nn/losses/loss.js'
import type { Metric, MetricConfig } from '../nn/metrics/metric.js'
import { type OptimizerLike, optimizerRegistry } from '../optim/choices.js'
import type { Optimizer } from '../optim/optimizer.js'
import type { Shape } from '../tensor/shape.js'
import type { Owned } from './owners.js'

/** The metrics of one output. */
export type OutputMetrics = MetricLike | readonly MetricLike[]

export interface CompileOptions {
  /** Default `rmsprop`, as Keras. */
  optimizer?: OptimizerLike
  /**
   * A name, a config `{ name: 'huber', delta: 2 }`, or a function (yTrue, yPred) → Tensor: a scalar, or one value a sample; several of one
   * sample, [N, …], are averaged. For several outputs one for all, a list in their order, or a record by their names.
   */
  loss: LossLike | readonly LossLike[] | { readonly [output: string]: LossLike }
  /**
   * Other figures to report. Default none. For several outputs a list with an entry for each, which may be a list, or a record
   * by their names.
   */
  metrics?: readonly OutputMetrics[] | { readonly [output: string]: OutputMetrics }
  /** Factors of the outputs' losses in the sum that is minimized: a list, or a record by name. Default 1. */
  lossWeights?: readonly number[] | { readonly [output: string]: number }
}

/** The goal that a model is trained for, and the rule. */
export class Objective implements Owned {
  readonly optimizer: Optimizer
  /** In the order of the model's outputs. */
  readonly losses: readonly LossFunction[]
  readonly lossWeights: readonly number[]
  private readonly given: readonly (readonly GivenMetric[])[]

  /** The metrics that were given as objects. */
  get metricObjects(): readonly Metric[] {
    return this.given.flat().filter(isMetric)
  }

  /**
   * @param outputs the names of the model's outputs
   * @throws MyelinError ERR_ARGUMENT for unknown names
   */
  constructor(options: CompileOptions, outputs: readonly string[]) {
    checkOptions(options, ['optimizer', 'loss', 'metrics', 'lossWeights'], 'compile', 'optimizer')
    const { optimizer = 'rmsprop', loss, metrics = [], lossWeights } = options
    if (loss === undefined)
      throw wrong('compile', 'there is no loss: give its name, or a function (yTrue, yPred) → Tensor')
    this.optimizer = optimizerRegistry.get(optimizer, 'compile')
    this.losses = lossesOf(loss, outputs)
    this.lossWeights = lossWeightsOf(lossWeights, outputs)
    this.given = metricsOf(metrics, outputs)
    const names = outputs.flatMap((_, i) => this.metrics(i).map(({ name }) => figureName(name, outputs, i)))
    const taken = ['loss', ...(outputs.length > 1 ? outputs.map((_, i) => figureName('loss', outputs, i)) : [])]
    const twice = [...taken, ...names].find((name, i, all) => all.indexOf(name) !== i)
    if (twice !== undefined) throw wrong('compile', `there are two figures named ${show(twice)}; ${this.howToName()}`)
  }

  /**
   * The metrics of an output, made anew where they were given by name.
   * @param outputShape of one sample
   */
  metrics(output: number, outputShape?: Shape): Metric[] {
    const loss = this.losses[output] as LossFunction
    return (this.given[output] ?? []).map((metric) => getMetric(metric, { loss, outputShape }, 'compile'))
  }

  /** The options that say the same, as plain data, by output in their order. @throws MyelinError ERR_FORMAT */
  getConfig(): CompileOptions {
    const optimizer = this.optimizer.getConfig()
    const losses = this.losses.map((loss) => lossConfig(loss, 'compile'))
    const metrics = this.given.map((list) => list.map(metricConfig))
    const { lossWeights } = this
    const [loss, ...others] = losses
    if (loss === undefined || others.length > 0) return { optimizer, loss: losses, metrics, lossWeights }
    return { optimizer, loss, metrics: metrics[0] ?? [], lossWeights }
  }

  /** Its parts, as configs and functions. A rate that is a number is none of it: it changes in a run. */
  describe(): Record<string, unknown> {
    return withFunctions(() => {
      const { learningRate, ...optimizer } = this.optimizer.getConfig()
      const schedule = typeof learningRate === 'number' ? null : learningRate
      return { ...this.getConfig(), optimizer: { ...optimizer, schedule } }
    })
  }

  /** How metrics get names that differ. */
  private howToName(): string {
    const nameless = this.given.flat().some((metric) => typeof metric === 'function' && metric.name === '')
    return nameless
      ? 'the figure of a function has its name, "metric" if it has none: give it one, ' +
          'as in const meanError = (yTrue, yPred) => …, then metrics: [meanError]'
      : "leave one out, or give it a name of its own, such as metrics.precision({ name: 'p30', threshold: 0.3 })"
  }
}

/** The name of a loss or metric of an output in the logs: with the output's name before it where there are several. */
export function figureName(name: string, outputs: readonly string[], output: number): string {
  return outputs.length === 1 ? name : `${outputs[output]}_${name}`
}

function lossesOf(loss: CompileOptions['loss'], outputs: readonly string[]): LossFunction[] {
  const isOne = isLossConfig(loss) && !outputs.includes('name')
  if (typeof loss === 'string' || typeof loss === 'function' || isOne) {
    const forAll = getLoss(loss as LossLike, 'compile')
    return outputs.map(() => forAll)
  }
  return entries<LossLike>(loss, outputs, 'loss').map((entry, i) => {
    if (entry === undefined) throw wrong('compile', `the output ${show(outputs[i])} has no loss`)
    return getLoss(entry, 'compile')
  })
}

function lossWeightsOf(weights: CompileOptions['lossWeights'], outputs: readonly string[]): number[] {
  if (weights === undefined) return outputs.map(() => 1)
  return entries<number>(weights, outputs, 'lossWeights').map((weight = 1, i) => {
    if (typeof weight === 'number' && Number.isFinite(weight)) return weight
    throw wrong('compile', `lossWeights must be finite numbers, got ${show(weight)} for the output ${show(outputs[i])}`)
  })
}

/** A metric as it is kept: a config has been made one. */
type GivenMetric = Exclude<MetricLike, MetricConfig>

const keptMetric = (metric: MetricLike): GivenMetric =>
  isMetricConfig(metric) ? metricRegistry.get(metric, 'compile') : metric

const metricConfig = (metric: GivenMetric): MetricLike =>
  typeof metric === 'string' ? metric : (metricRegistry.config(metric as Metric, 'compile', 'metrics') as MetricLike)

function metricsOf(metrics: NonNullable<CompileOptions['metrics']>, outputs: readonly string[]): GivenMetric[][] {
  if (!Array.isArray(metrics) && !isRecord(metrics))
    throw wrong(
      'compile',
      `metrics must be an array, as in metrics: ['accuracy'], or a record by output, got ${show(metrics)}`,
    )
  const isFlat =
    Array.isArray(metrics) && (metrics.length === 0 || (outputs.length === 1 && !Array.isArray(metrics[0])))
  const given = isFlat
    ? outputs.map(() => listOf(metrics as readonly MetricLike[]))
    : entries<OutputMetrics>(metrics, outputs, 'metrics').map(listOf)
  const objects = given.flat().filter(isMetric)
  if (new Set(objects).size < objects.length)
    throw wrong('compile', 'a metric is given twice; make one for each output, since each counts by itself')
  return given
}

const isList = (metrics: OutputMetrics): metrics is readonly MetricLike[] => Array.isArray(metrics)

const listOf = (metrics: OutputMetrics | undefined): GivenMetric[] =>
  (metrics === undefined ? [] : isList(metrics) ? metrics : [metrics]).map(keptMetric)

/** An option's entry for each output. */
function entries<T>(option: unknown, outputs: readonly string[], name: string): (T | undefined)[] {
  if (isRecord(option)) {
    const known = Object.fromEntries(outputs.map((output) => [output, true]))
    for (const key of Object.keys(option)) lookUp(known, key, `output in ${name}`, 'compile')
    return outputs.map((output) => own(option, output) as T | undefined)
  }
  if (Array.isArray(option) && option.length === outputs.length) return option
  const given = Array.isArray(option) ? `a list of ${option.length}` : show(option)
  throw wrong('compile', `${name} must have an entry for each output (${listed(outputs)}), got ${given}`)
}

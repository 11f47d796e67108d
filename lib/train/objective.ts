import { MyelinError } from '../native/error.js'
import { checkOptions } from '../native/names.js'
import { getLoss, type LossLike } from '../nn/losses/get.js'
import type { LossFunction } from '../nn/losses/loss.js'
import { getMetric, type MetricLike } from '../nn/metrics/get.js'
import type { Metric } from '../nn/metrics/metric.js'
import { getOptimizer, type OptimizerLike } from '../optim/get.js'
import type { Optimizer } from '../optim/optimizer.js'
import type { Shape } from '../tensor/shape.js'

export interface CompileOptions {
  /** Default `rmsprop`, as Keras. */
  optimizer?: OptimizerLike
  /** A name, or a function (yTrue, yPred) → Tensor: a scalar, or one value a sample. */
  loss: LossLike
  /** What else to report. Default nothing. */
  metrics?: readonly MetricLike[]
}

/** What a model is trained for, and by which rule. */
export class Objective {
  readonly optimizer: Optimizer
  readonly loss: LossFunction
  private readonly given: readonly MetricLike[]

  /** @throws MyelinError ERR_ARGUMENT for unknown names */
  constructor(options: CompileOptions) {
    checkOptions(options, ['optimizer', 'loss', 'metrics'], 'compile')
    const { optimizer = 'rmsprop', loss, metrics = [] } = options
    this.optimizer = getOptimizer(optimizer, 'compile')
    this.loss = getLoss(loss, 'compile')
    if (!Array.isArray(metrics))
      throw new MyelinError('ERR_ARGUMENT', `[compile] metrics must be an array, got ${String(metrics)}`)
    this.given = [...metrics]
    const names = this.metrics().map(({ name }) => name)
    const twice = names.find((name, i) => name === 'loss' || names.indexOf(name) !== i)
    if (twice !== undefined) throw new MyelinError('ERR_ARGUMENT', `[compile] there are two figures named "${twice}"`)
  }

  /** The metrics, made anew where they were given by name, for outputs of this shape. */
  metrics(outputShape?: Shape): Metric[] {
    return this.given.map((metric) => getMetric(metric, { loss: this.loss, outputShape }, 'compile'))
  }
}

import { noGrad } from '../autodiff/tape.js'
import { wrong } from '../core/check.js'
import { show } from '../core/show.js'
import { alignRanks, type LossFunction, type LossOptions, misshapen } from '../nn/losses/loss.js'
import type { Metric } from '../nn/metrics/metric.js'
import { Totals } from '../nn/metrics/totals.js'
import { mean, mul } from '../ops/index.js'
import { formatShape } from '../tensor/shape.js'
import { State } from '../tensor/state.js'
import { Tensor } from '../tensor/tensor.js'
import { type ClassWeight, classWeights } from './class-weight.js'
import type { Objective } from './objective.js'
import type { TrainableModel } from './trainable-model.js'

/** One of a model's outputs for a batch. */
export interface Prediction {
  readonly output: Tensor
  /** The argument of the activation that made it, if the loss takes that over: softmax before a cross-entropy. */
  readonly logits: Tensor | null
}

/** Loss and metrics at one of a model's outputs. */
export class OutputAssessment {
  readonly metrics: readonly Metric[]
  private readonly loss: LossFunction
  private readonly total = new Totals()

  /**
   * @param model built
   * @param at which output
   */
  constructor(
    private readonly model: TrainableModel,
    objective: Objective,
    private readonly at: number,
    private readonly classWeight: ClassWeight | null,
  ) {
    this.loss = objective.losses[at] as LossFunction
    this.metrics = objective.metrics(at, model.outputShapes[at])
  }

  /** The activation before the loss that it can take over. */
  get undoes(): 'softmax' | 'sigmoid' | null {
    return this.loss.fromLogits ?? null
  }

  reset(): void {
    this.total.reset()
    for (const metric of this.metrics) metric.reset()
  }

  /**
   * The batch's mean loss, each sample's multiplied by its weight and its class's: Σ wᵢ·lossᵢ / N, as Keras.
   * @param weights [N]; null where all count alike
   */
  lossOf(y: Tensor, { output, logits }: Prediction, weights: Tensor | null): Tensor {
    const yPred = logits ?? output
    const options: LossOptions = logits === null ? {} : { fromLogits: true }
    const factors = this.weigh(y, weights)
    const pair = alignRanks(y, yPred)
    if (factors !== null)
      return mean(mul(this.perSample(this.loss(...pair, { ...options, reduction: 'none' }), y, yPred), factors))
    const loss = this.checked(logits === null ? this.loss(...pair) : this.loss(...pair, options), y, yPred)
    return loss.rank === 0 ? loss : mean(loss)
  }

  /** Counts in what {@link lossOf} gave for n samples. */
  count(loss: Tensor, n: number): void {
    this.total.add(loss, n, n)
  }

  /** The mean of what was counted. */
  meanLoss(): number {
    const { sums, count } = this.total.read()
    return count === 0 ? 0 : (sums[0] as number) / count
  }

  /** Counts a batch into the metrics, without weights. */
  updateMetrics(y: Tensor, { output, logits }: Prediction): void {
    noGrad(() => {
      for (const metric of this.metrics) metric.update(y, metric.needsProbabilities ? output : (logits ?? output))
    })
  }

  /** The counts, not copied: of the loss, and of the metrics in their order. */
  held(): State {
    return new State({ loss: this.total.held(), metrics: State.inOrder(this.metrics.map((metric) => metric.held())) })
  }

  /** Checks what {@link held} gave; what is returned brings it back. */
  restoring(state: State, where: string): () => void {
    const metrics = state.part('metrics').ordered(this.metrics.length, where)
    const restore = [
      this.total.restoring(state.part('loss'), where),
      ...this.metrics.map((metric, i) => metric.restoring(metrics[i] as State)),
    ]
    return () => {
      for (const part of restore) part()
    }
  }

  /** Frees the totals. */
  dispose(): void {
    this.total.dispose()
    for (const metric of this.metrics) metric.dispose()
  }

  private weigh(y: Tensor, weights: Tensor | null): Tensor | null {
    if (this.classWeight === null) return weights
    const ofClasses = classWeights(this.classWeight, y, this.model.outputShapes[this.at] ?? [])
    return weights === null ? ofClasses : mul(weights, ofClasses)
  }

  /** The loss function's result: a scalar, or for each sample a value or several. */
  private checked(values: Tensor, y: Tensor, yPred: Tensor): Tensor {
    if (!(values instanceof Tensor))
      throw wrong(this.lossName, `the function must return a Tensor, got ${show(values)}`)
    if (values.size === 1 || values.shape[0] === y.shape[0]) return values
    const wanted = `must return a scalar or one value a sample, [${y.shape[0]}], returned ${formatShape(values.shape)}`
    throw misshapen(this.lossName, y, yPred, wanted)
  }

  /** One value a sample, [N], of what the loss returned without reduction. */
  private perSample(returned: Tensor, y: Tensor, yPred: Tensor): Tensor {
    const values = this.checked(returned, y, yPred)
    const { rank, shape } = values
    if (rank === 0 || shape[0] !== y.shape[0])
      throw wrong(
        this.lossName,
        `with weights on samples or classes the function must return one value a sample, [${y.shape[0]}], ` +
          `got ${formatShape(shape)}; leave out the mean over the batch`,
      )
    return rank === 1 ? values : mean(values, shape.map((_, i) => i).slice(1))
  }

  private get lossName(): string {
    return this.loss.name || 'loss'
  }
}

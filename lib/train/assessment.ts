import { noGrad } from '../autodiff/tape.js'
import { MyelinError } from '../native/error.js'
import type { LossFunction, LossOptions } from '../nn/losses/loss.js'
import type { Metric } from '../nn/metrics/metric.js'
import { Totals } from '../nn/metrics/totals.js'
import { mean, sigmoid, softmax } from '../ops/index.js'
import { Tensor } from '../tensor/tensor.js'
import type { Objective } from './objective.js'
import type { Trainee } from './trainee.js'

/** Figures by name: loss, accuracy, val_loss, … */
export type Logs = Record<string, number>

/**
 * The forward pass and the loss of one batch after the other, and what they come to: totals in double, weighted by batch size.
 * A model that ends in the activation that the loss can undo (softmax before a cross-entropy) is run up to its logits.
 */
export class Assessment {
  private readonly loss: LossFunction
  private readonly metrics: readonly Metric[]
  private readonly undone: 'softmax' | 'sigmoid' | null
  private readonly total = new Totals()

  /** @param trainee built */
  constructor(
    private readonly trainee: Trainee,
    objective: Objective,
  ) {
    this.loss = objective.loss
    this.metrics = objective.metrics(trainee.outputShapes[0])
    const { fromLogits = null } = this.loss
    this.undone = fromLogits === trainee.finalActivations[0] ? fromLogits : null
    this.reset()
  }

  reset(): void {
    this.total.reset()
    for (const metric of this.metrics) metric.reset()
  }

  /** Counts a batch in. Returns its mean loss, a scalar to differentiate. Inside a trace or `tidy`. */
  add(x: Tensor, y: Tensor, training: boolean): Tensor {
    const { trainee, undone } = this
    const options = training ? inTraining : inInference
    const [yPred] = trainee.callLinearAll([x], [undone !== null], options) as [Tensor]
    const loss = meanOf(undone === null ? this.loss(y, yPred) : this.loss(y, yPred, fromLogits))
    const n = x.shape[0] as number
    this.total.add(loss, n, n)
    if (this.metrics.length > 0) noGrad(() => this.updateMetrics(y, yPred))
    return loss
  }

  /** Frees the totals. */
  dispose(): void {
    this.total.dispose()
    for (const metric of this.metrics) metric.dispose()
  }

  /** The mean loss and the metrics of what was counted. */
  logs(): Logs {
    const { sums, count } = this.total.read()
    const logs: Logs = { loss: count === 0 ? 0 : (sums[0] as number) / count }
    for (const metric of this.metrics) logs[metric.name] = metric.result()
    return logs
  }

  private updateMetrics(y: Tensor, yPred: Tensor): void {
    let probabilities: Tensor | null = this.undone === null ? yPred : null
    for (const metric of this.metrics) {
      if (metric.needsProbabilities) probabilities ??= this.undone === 'softmax' ? softmax(yPred) : sigmoid(yPred)
      metric.update(y, metric.needsProbabilities && probabilities !== null ? probabilities : yPred)
    }
  }
}

const inTraining = { training: true } as const
const inInference = { training: false } as const
const fromLogits: LossOptions = { fromLogits: true }

/** A user's loss may give one value a sample. */
function meanOf(loss: Tensor): Tensor {
  if (!(loss instanceof Tensor))
    throw new MyelinError('ERR_ARGUMENT', `[loss] the function must return a Tensor, got ${String(loss)}`)
  return loss.rank === 0 ? loss : mean(loss)
}

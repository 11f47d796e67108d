import { put } from '../core/records.js'
import { rememberArguments } from '../nn/activations/activate.js'
import { Totals } from '../nn/metrics/totals.js'
import { collectLosses, total, weightPenalties } from '../nn/penalties.js'
import { add, mul } from '../ops/index.js'
import { State } from '../tensor/state.js'
import type { Tensor } from '../tensor/tensor.js'
import type { ClassWeight } from './class-weight.js'
import type { Batch } from './data/sample-set.js'
import { figureName, type Objective } from './objective.js'
import { OutputAssessment, type Prediction } from './output-assessment.js'
import type { TrainableModel } from './trainable-model.js'

/** Figures by name: loss, accuracy, val_loss, … */
export type Logs = Record<string, number>

/** The result of an evaluation: the loss, and the metrics by name. */
export interface Evaluation extends Logs {
  loss: number
}

/**
 * The forward pass and the loss of one batch after the other, and what they come to: totals in double, weighted by batch size.
 */
export class Assessment {
  private readonly outputs: readonly OutputAssessment[]
  private readonly total = new Totals()

  /** @param model built */
  constructor(
    private readonly model: TrainableModel,
    private readonly objective: Objective,
    classWeight: ClassWeight | null = null,
  ) {
    this.outputs = model.outputNames.map((_, i) => new OutputAssessment(model, objective, i, classWeight))
    this.reset()
  }

  reset(): void {
    this.total.reset()
    for (const output of this.outputs) output.reset()
  }

  /**
   * Counts a batch in. Returns its loss, a scalar to differentiate: Σ lossWeight·loss over the outputs, and all penalties. Inside a
   * trace or `tidy`.
   */
  add({ inputs, targets, weights }: Batch, training: boolean): Tensor {
    const { outputs } = this
    const n = inputs[0]?.shape[0] as number
    const { result: predictions, losses: added } = collectLosses(() => this.predict(inputs, training))
    const losses = outputs.map((output, i) =>
      output.lossOf(targets[i] as Tensor, predictions[i] as Prediction, weights[i] ?? null),
    )
    const loss = total([this.sum(losses), ...added, ...weightPenalties(this.model.trainableWeights)])
    this.total.add(loss, n, n)
    if (outputs.length > 1) for (const [i, output] of outputs.entries()) output.count(losses[i] as Tensor, n)
    for (const [i, output] of outputs.entries())
      output.updateMetrics(targets[i] as Tensor, predictions[i] as Prediction)
    return loss
  }

  /** The counts of the epoch so far, not copied: of the loss, and of the outputs in their order. */
  held(): State {
    return new State({ loss: this.total.held(), outputs: State.inOrder(this.outputs.map((output) => output.held())) })
  }

  /** Checks what {@link held} gave; what is returned brings it back. */
  restoring(state: State, where: string): () => void {
    const outputs = state.part('outputs').ordered(this.outputs.length, where)
    const restore = [
      this.total.restoring(state.part('loss'), where),
      ...this.outputs.map((output, i) => output.restoring(outputs[i] as State, where)),
    ]
    return () => {
      for (const part of restore) part()
    }
  }

  /** Frees the totals. */
  dispose(): void {
    this.total.dispose()
    for (const output of this.outputs) output.dispose()
  }

  /** The mean loss, and for each output the metrics and, where there are several, the mean loss of its own. */
  logs(): Evaluation {
    const { sums, count } = this.total.read()
    const logs: Evaluation = { loss: count === 0 ? 0 : (sums[0] as number) / count }
    const { outputNames } = this.model
    for (const [i, output] of this.outputs.entries()) {
      if (this.outputs.length > 1) put(logs, figureName('loss', outputNames, i), output.meanLoss())
      for (const metric of output.metrics) put(logs, figureName(metric.name, outputNames, i), metric.result())
    }
    return logs
  }

  /** The outputs, with their logits where a loss takes over the activation that made them and nothing else reads them. */
  private predict(inputs: readonly Tensor[], training: boolean): Prediction[] {
    const { outputs } = this
    const { result, originOf } = rememberArguments(
      (activation) => outputs.some(({ undoes }) => undoes !== null && undoes === activation),
      () => this.model.callAll(inputs, training ? inTraining : inInference),
    )
    return result.map((output, i) => {
      const origin = result.indexOf(output) === result.lastIndexOf(output) ? originOf(output) : null
      return { output, logits: origin !== null && origin.activation === outputs[i]?.undoes ? origin.argument : null }
    })
  }

  private sum(losses: readonly Tensor[]): Tensor {
    const { lossWeights } = this.objective
    return losses
      .map((loss, i) => (lossWeights[i] === 1 ? loss : mul(loss, lossWeights[i] as number)))
      .reduce((sum, loss) => add(sum, loss))
  }
}

const inTraining = { training: true } as const
const inInference = { training: false } as const

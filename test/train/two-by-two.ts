import { layers } from '../../lib/nn/index.js'
import type { CallOptions, Layer } from '../../lib/nn/layer.js'
import { concat } from '../../lib/ops/index.js'
import type { Parameter } from '../../lib/tensor/parameter.js'
import { setSeed } from '../../lib/tensor/random.js'
import type { Shape } from '../../lib/tensor/shape.js'
import { assignAll, copiesOf, State } from '../../lib/tensor/state.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import type { TrainableModel } from '../../lib/train/trainable-model.js'

/**
 * Two inputs, `left` [3] and `right` [2], and two outputs, `kind` (three classes, softmax) and `value` (one number), the same weights
 * each time: what training sees of a model, put together by hand.
 */
export class TwoByTwo implements TrainableModel {
  readonly name = 'two_by_two'
  readonly inputNames = ['left', 'right']
  readonly outputNames = ['kind', 'value']
  readonly outputShapes: readonly Shape[] = [[3], [1]]
  private readonly hidden: Layer
  private readonly drop: Layer
  private readonly kind: Layer
  private readonly value: Layer

  constructor() {
    setSeed(11)
    this.hidden = layers.dense({ units: 6, activation: 'tanh' })
    this.drop = layers.dropout({ rate: 0.25 })
    this.kind = layers.dense({ units: 3, activation: 'softmax' })
    this.value = layers.dense({ units: 1 })
    this.ensureBuilt([[3], [2]])
  }

  get trainableWeights(): readonly Parameter[] {
    return [this.hidden, this.kind, this.value].flatMap(({ trainableWeights }) => trainableWeights)
  }

  get weights(): readonly Parameter[] {
    return this.trainableWeights
  }

  getWeights(): Tensor[] {
    return copiesOf(this.weights)
  }

  setWeights(values: readonly Tensor[]): void {
    for (const [i, weight] of this.weights.entries()) weight.assign(values[i] as Tensor)
  }

  getConfig(): Record<string, unknown> {
    return {}
  }

  weightsByPath(): Map<string, Parameter> {
    return new Map(this.weights.map((weight) => [weight.name, weight]))
  }

  held(): State {
    return State.ofPaths(this.weightsByPath())
  }

  restoring(state: State): () => void {
    return () => assignAll(this.weightsByPath(), state.tensors)
  }

  ensureBuilt([left, right]: readonly Shape[]): void {
    this.hidden.ensureBuilt([(left?.[0] ?? 0) + (right?.[0] ?? 0)])
    this.drop.ensureBuilt([6])
    this.kind.ensureBuilt([6])
    this.value.ensureBuilt([6])
  }

  callAll([left, right]: readonly Tensor[], options: CallOptions = {}): Tensor[] {
    const hidden = this.hidden.call(concat([left as Tensor, right as Tensor], 1), options)
    const dropped = this.drop.call(hidden, options)
    return [this.kind.call(dropped, options), this.value.call(dropped, options)]
  }
}

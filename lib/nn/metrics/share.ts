import { noGrad } from '../../autodiff/tape.js'
import { cast, sum } from '../../ops/index.js'
import { tidy } from '../../tensor/scope.js'
import type { Tensor } from '../../tensor/tensor.js'
import type { Metric } from './metric.js'

/** The share of true ones in what a function says of each batch, a bool tensor. */
export class Share implements Metric {
  private hits = 0
  private total = 0

  constructor(
    readonly name: string,
    private readonly compare: (yTrue: Tensor, yPred: Tensor) => Tensor,
    readonly needsProbabilities = false,
  ) {}

  reset(): void {
    this.hits = 0
    this.total = 0
  }

  update(yTrue: Tensor, yPred: Tensor): void {
    if (yPred.size === 0) return
    noGrad(() =>
      tidy(() => {
        const matches = this.compare(yTrue, yPred)
        this.hits += sum(cast(matches, 'int32')).item()
        this.total += matches.size
      }),
    )
  }

  result(): number {
    return this.total === 0 ? 0 : this.hits / this.total
  }
}

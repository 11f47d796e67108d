import { noGrad } from '../../autodiff/tape.js'
import { cast, sum } from '../../ops/index.js'
import { tidy } from '../../tensor/scope.js'
import type { Tensor } from '../../tensor/tensor.js'
import type { Metric } from './metric.js'
import { Totals } from './totals.js'

/** The share of true ones in what a function says of each batch, a bool tensor. */
export class Share implements Metric {
  readonly compiles = true
  private readonly totals = new Totals()

  constructor(
    readonly name: string,
    private readonly compare: (yTrue: Tensor, yPred: Tensor) => Tensor,
    readonly needsProbabilities = false,
  ) {}

  reset(): void {
    this.totals.reset()
  }

  update(yTrue: Tensor, yPred: Tensor): void {
    if (yPred.size === 0) return
    noGrad(() =>
      tidy(() => {
        const matches = this.compare(yTrue, yPred)
        this.totals.add(sum(cast(matches, 'int32')), matches.size)
      }),
    )
  }

  dispose(): void {
    this.totals.dispose()
  }

  result(): number {
    const { sums, count } = this.totals.read()
    return count === 0 ? 0 : (sums[0] as number) / count
  }
}

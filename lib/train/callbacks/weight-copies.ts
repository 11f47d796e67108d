import { noGrad } from '../../autodiff/tape.js'
import { slice } from '../../ops/index.js'
import { Parameter } from '../../tensor/parameter.js'

/** Copies of weights, as they are between two steps. */
export class WeightCopies {
  private pairs: readonly { weight: Parameter; copy: Parameter }[] = []

  /** Copies weights. The same ones again go into the same memory. */
  take(weights: readonly Parameter[]): void {
    const { pairs } = this
    if (pairs.length === weights.length && pairs.every(({ weight }, i) => weight === weights[i])) {
      for (const { weight, copy } of pairs) copy.assign(weight)
      return
    }
    this.dispose()
    this.pairs = weights.map((weight) => ({ weight, copy: copyOf(weight) }))
  }

  /** Gives the weights the values that they had. */
  restore(): void {
    for (const { weight, copy } of this.pairs) weight.assign(copy)
  }

  dispose(): void {
    for (const { copy } of this.pairs) copy.dispose()
    this.pairs = []
  }
}

const copyOf = (weight: Parameter): Parameter =>
  noGrad(() => new Parameter(slice(weight, []), { name: `${weight.name}/copy`, trainable: false }))

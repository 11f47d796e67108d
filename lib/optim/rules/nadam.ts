import { wrong } from '../../core/check.js'
import { isListOf } from '../../core/kinds.js'
import { show } from '../../core/show.js'
import { State } from '../../tensor/state.js'
import { MomentsOptimizer, type MomentsOptions } from './adam.js'

export type NadamOptions = MomentsOptions

/** A product of momenta below this no longer shows in 1 − product. */
const vanished = 2 ** -60

/**
 * Adam with Nesterov's look-ahead (Dozat 2016) and its momentum schedule, as Keras: u_t = β₁(1 − ½·0.96ᵗ), P_t = u₁·…·u_t; m and v as
 * adam; w −= η·(u_{t+1}·m/(1 − P_{t+1}) + (1 − u_t)·g/(1 − P_t)) / (√(v/(1 − β₂ᵗ)) + ε).
 */
export class Nadam extends MomentsOptimizer {
  /** P by t, from P₀ = 1, as far as it was asked for and does not vanish. */
  private products: number[] = [1]

  constructor(options: NadamOptions = {}) {
    super('nadam', options)
  }

  protected override readonly rule = 'nadam'

  protected override numbers(learningRate: number, step: number): readonly number[] {
    const { beta1, beta2, epsilon } = this.options
    const t = step + 1
    const now = this.productTo(t)
    const next = this.coefficient(t + 1)
    const ofMomentum = (learningRate * next) / (1 - now * next)
    const ofGradient = (learningRate * (1 - this.coefficient(t))) / (1 - now)
    return [ofMomentum, ofGradient, 1 / (1 - beta2 ** t), this.momentumAt(step, beta1), beta2, epsilon]
  }

  /** Another schedule has another momentum in the steps to come; what is behind stays what it was. */
  protected override changed(): void {
    this.products = this.products.slice(0, this.iterations + 1)
  }

  /** P as far as it is behind: where the schedule was replaced, it cannot be computed again. */
  protected override ownState(): State {
    return new State({ products: this.products.slice(0, this.iterations + 1) })
  }

  protected override restoringOwn(state: State): () => void {
    const products = state.value('products')
    if (!isListOf(products, (p) => typeof p === 'number' && p >= 0 && p <= 1) || products[0] !== 1)
      throw wrong('nadam', `the state has no products of momenta, but ${show(products)}`)
    return () => {
      this.products = [...(products as number[])]
    }
  }

  /** u_t. */
  private coefficient(t: number): number {
    return this.momentumAt(t - 1, this.options.beta1) * (1 - 0.5 * 0.96 ** t)
  }

  /** P_t. */
  private productTo(t: number): number {
    const { products } = this
    let last = products.at(-1) as number
    while (products.length <= t && last >= vanished) {
      last *= this.coefficient(products.length)
      products.push(last)
    }
    return products[t] ?? 0
  }
}

/** Nadam: Adam with Nesterov's momentum. */
export const nadam = (options?: NadamOptions): Nadam => new Nadam(options)

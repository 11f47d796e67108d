import { checkOptions } from '../native/names.js'
import { checkFlag, checkRange, Optimizer } from './optimizer.js'

export interface SgdOptions {
  /** Default 0.01. */
  learningRate?: number
  /** The share of the last change that is made again, from 0 to 1. Default 0. */
  momentum?: number
  /** Nesterov's momentum: looks one step ahead. Default false. */
  nesterov?: boolean
}

/** w −= η·g; with momentum v ← μ·v − η·g and w += v (Polyak 1964), Nesterov's w += μ·v − η·g (Sutskever et al. 2013). */
export class Sgd extends Optimizer {
  readonly momentum: number
  readonly nesterov: boolean

  constructor({ learningRate = 0.01, momentum = 0, nesterov = false }: SgdOptions = {}) {
    super('sgd', learningRate)
    this.momentum = checkRange('sgd', 'momentum', momentum, 0, 1)
    this.nesterov = checkFlag('sgd', 'nesterov', nesterov)
  }

  protected override readonly rule = 'sgd'

  protected override get slotNames(): readonly string[] {
    return this.momentum === 0 ? [] : ['velocity']
  }

  protected override numbers(): readonly number[] {
    return [this.learningRate, this.momentum, Number(this.nesterov)]
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), momentum: this.momentum, nesterov: this.nesterov }
  }
}

/** Stochastic gradient descent, with or without momentum. */
export function sgd(options: SgdOptions = {}): Sgd {
  checkOptions(options, ['learningRate', 'momentum', 'nesterov'], 'sgd')
  return new Sgd(options)
}

import { noGrad } from '../../autodiff/tape.js'
import { wrong } from '../../core/check.js'
import { ofThisCopy } from '../../core/copies.js'
import { MyelinError } from '../../core/error.js'
import { checkOptions } from '../../core/names.js'
import { show } from '../../core/show.js'
import { tidy } from '../../tensor/scope.js'
import type { Shape } from '../../tensor/shape.js'
import { checkState, type State, type Stateful } from '../../tensor/state.js'
import { Tensor } from '../../tensor/tensor.js'
import type { LossFunction } from '../losses/loss.js'
import { misshapen } from '../losses/loss.js'
import { Tally } from './tally.js'

/** A figure that is accumulated exactly over the batches of an epoch. */
export interface Metric extends Stateful {
  /** The key in `History`. */
  readonly name: string
  /** Set by the metrics of this library: `update` is composed of ops, so that a compiled step can do it. */
  readonly compiles: true
  /** Whether yPred must be probabilities; where not, logits of a softmax or sigmoid do as well and save that work. */
  readonly needsProbabilities: boolean
  /** Forgets what was accumulated. */
  reset(): void
  /** Counts a batch in: yTrue and yPred, [N, …]. @throws MyelinError ERR_SHAPE, ERR_ARGUMENT */
  update(yTrue: Tensor, yPred: Tensor): void
  /** Frees the memory; `result` still tells what was accumulated. */
  dispose(): void
  /** The figure for all batches since `reset`; 0 of none. */
  result(): number
  /** What was counted since `reset`, not copied. @internal */
  held(): State
  /** Checks a state; what is returned brings it back. @internal */
  restoring(state: State): () => void
  /** A metric of the same kind, for one run: it counts for itself, and this one shows what it came to. @internal */
  fork(context: MetricContext): Metric
}

/** The model that a metric is for, as far as it may know it. */
export interface MetricContext {
  loss?: LossFunction
  /** One sample's output. */
  outputShape?: Shape
}

/** Options of every metric. */
export interface MetricOptions {
  /** The key in the logs and the history. Default the metric's own. */
  name?: string
}

/** How a metric counts: the part that differs from kind to kind. */
export interface MetricRule {
  readonly needsProbabilities: boolean
  /** Counts a batch of at least one sample in. Traceable. */
  count(tally: Tally, yTrue: Tensor, yPred: Tensor): void
  /** The figure that the counts give; 0 of none. */
  figure(tally: Tally): number
}

/** A metric by a rule. */
export class RuledMetric implements Metric {
  readonly compiles = true
  private readonly rule: MetricRule
  private readonly tally: Tally
  /** The counts that are shown: its own, or those of the fork that began last. */
  private shown: Tally

  /** @param makeRule the rule for a model, as far as that is known */
  constructor(
    readonly name: string,
    private readonly makeRule: (context: MetricContext, name: string) => MetricRule,
    context: MetricContext = {},
    private readonly origin: RuledMetric | null = null,
  ) {
    this.rule = makeRule(context, name)
    this.tally = new Tally(name)
    this.shown = this.tally
  }

  get needsProbabilities(): boolean {
    return this.rule.needsProbabilities
  }

  reset(): void {
    this.tally.reset()
    this.shown = this.tally
    if (this.origin !== null) this.origin.shown = this.tally
  }

  update(yTrue: Tensor, yPred: Tensor): void {
    for (const [argument, value] of Object.entries({ yTrue, yPred }))
      if (!(value instanceof Tensor))
        throw new MyelinError('ERR_ARGUMENT', `[${this.name}] ${argument} must be a Tensor, got ${show(value)}`)
    if (yPred.rank === 0 || yTrue.rank === 0) throw misshapen(this.name, yTrue, yPred, 'needs a batch axis')
    if (yPred.size === 0) return
    noGrad(() => tidy(() => this.rule.count(this.tally, yTrue, yPred)))
  }

  dispose(): void {
    this.tally.dispose()
  }

  state(): State {
    return this.held().copy()
  }

  held(): State {
    return this.tally.held()
  }

  restore(state: State): void {
    this.restoring(state)()
  }

  restoring(state: State): () => void {
    return this.tally.restoring(checkState(state, this.name))
  }

  result(): number {
    return this.rule.figure(this.shown)
  }

  fork(context: MetricContext): Metric {
    if (typeof context !== 'object' || context === null)
      throw new MyelinError('ERR_ARGUMENT', `[${this.name}] fork takes { loss, outputShape }, got ${show(context)}`)
    return new RuledMetric(this.name, this.makeRule, context, this)
  }

  protected get counts(): Tally {
    return this.shown
  }
}

ofThisCopy(RuledMetric)

/**
 * The options of a metric, checked.
 * @param known the metric's own, apart from `name`
 * @throws MyelinError ERR_ARGUMENT
 */
export function nameOf(options: MetricOptions, metric: string, known: readonly string[] = []): string {
  if (options instanceof Tensor || Array.isArray(options) || ArrayBuffer.isView(options))
    throw wrong(
      metric,
      `makes a metric, which takes data by update: const m = metrics.${metric}(); m.update(yTrue, yPred); m.result()`,
    )
  checkOptions(options, [...known, 'name'], metric)
  const { name = metric } = options
  if (typeof name !== 'string' || name === '')
    throw new MyelinError('ERR_ARGUMENT', `[${metric}] name must be a text that is not empty, got ${show(name)}`)
  return name
}

import { noGrad } from '../../autodiff/tape.js'
import { wrong } from '../../core/check.js'
import { functionInConfig } from '../../core/config.js'
import { ofThisCopy } from '../../core/copies.js'
import { MyelinError } from '../../core/error.js'
import { type AnySchema, optional, parseOptions, type Schema, tellOptions, type ValuesOf } from '../../core/schema.js'
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
  /**
   * The options that make an equal metric, plain data: its kind, the name it is registered by, beside `name`, its key in the history.
   * `compile` takes it.
   */
  getConfig(): MetricConfig
  /** Forgets what was accumulated. */
  reset(): void
  /** Counts a batch in: yTrue and yPred, [N, …]. @throws MyelinError ERR_SHAPE, ERR_ARGUMENT */
  update(yTrue: Tensor, yPred: Tensor): void
  /** Frees the memory; `result` still tells what was accumulated. */
  dispose(): void
  /** The figure for all batches since `reset`; 0 of none. */
  result(): number
  /** The counts since `reset`, not copied. @internal */
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

/** A metric as plain data: `{ kind: 'precision', name: 'p30', threshold: 0.3 }`. */
export interface MetricConfig extends MetricOptions {
  readonly kind: string
  readonly [option: string]: unknown
}

/** How a metric counts: the part that differs from kind to kind. */
export interface MetricRule {
  readonly needsProbabilities: boolean
  /** Counts a batch of at least one sample in. Traceable. */
  count(tally: Tally, yTrue: Tensor, yPred: Tensor): void
  /** The figure that the counts give; 0 of none. */
  figure(tally: Tally): number
}

/** The recipe of metrics of one kind and of the same options. */
export interface MetricRecipe {
  readonly name: string
  /** Null: it is a function of the user's. */
  readonly config: MetricConfig | null
  /** The rule for a model, as far as that is known. */
  rule(context: MetricContext): MetricRule
}

/**
 * The recipe of a metric by its options, checked.
 * @param kind the name by which it is registered
 * @param schema the options, apart from `name`
 * @throws MyelinError ERR_ARGUMENT
 */
export function metricRecipe<S extends AnySchema>(
  kind: string,
  schema: S,
  options: MetricOptions,
  rule: (values: ValuesOf<S> & { readonly name: string }, context: MetricContext) => MetricRule,
): MetricRecipe {
  refuseData(kind, options)
  const all = { ...schema, name: optional(checkName, kind) } satisfies Schema<MetricOptions>
  const values = parseOptions(all, options, kind) as ValuesOf<S> & { readonly name: string }
  const config = { kind, ...tellOptions(all, values as ValuesOf<typeof all>, kind) }
  return { name: values.name, config, rule: (context) => rule(values, context) }
}

/** Metrics take data when they are there, losses at once. */
function refuseData(kind: string, options: unknown): void {
  if (options instanceof Tensor || Array.isArray(options) || ArrayBuffer.isView(options))
    throw wrong(
      kind,
      `makes a metric, which takes data by update: const m = metrics.${kind}(); m.update(yTrue, yPred); m.result()`,
    )
}

function checkName(where: string, option: string, given: string): string {
  if (typeof given === 'string' && given !== '') return given
  throw wrong(where, `${option} must be a text that is not empty, got ${show(given)}`)
}

/** A metric by a rule. */
export class RuledMetric implements Metric {
  readonly name: string
  readonly compiles = true
  private readonly rule: MetricRule
  private readonly tally: Tally
  /** The counts that are shown: its own, or those of the fork that began last. */
  private shown: Tally

  constructor(
    private readonly recipe: MetricRecipe,
    context: MetricContext = {},
    private readonly origin: RuledMetric | null = null,
  ) {
    this.name = recipe.name
    this.rule = recipe.rule(context)
    this.tally = new Tally(this.name)
    this.shown = this.tally
  }

  getConfig(): MetricConfig {
    const { config } = this.recipe
    if (config === null) throw functionInConfig('metric', this, this.name, 'what it counts')
    return { ...config }
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
    return new RuledMetric(this.recipe, context, this)
  }

  protected get counts(): Tally {
    return this.shown
  }
}

ofThisCopy(RuledMetric)

/** The metric that options make; see {@link metricRecipe}. */
export const ruledMetric = <S extends AnySchema>(...made: Parameters<typeof metricRecipe<S>>): Metric =>
  new RuledMetric(metricRecipe(...made))

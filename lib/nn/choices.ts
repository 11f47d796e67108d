import { wrong } from '../core/check.js'
import { copyOf } from '../core/copies.js'
import type { MyelinError } from '../core/error.js'
import { isPlainObject } from '../core/kinds.js'
import { FunctionRegistry, MakerRegistry } from '../core/registry.js'
import { show } from '../core/show.js'
import type { Shape } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import * as activationsByName from './activations/index.js'
import { type Constraint, type ConstraintConfig, constraint } from './constraints/constraint.js'
import * as constraintsByName from './constraints/index.js'
import * as initializersByName from './initializers/index.js'
import { type Initializer, type InitializerConfig, initializer } from './initializers/initializer.js'
import * as lossesByName from './losses/index.js'
import { type LossConfig, type LossFunction, withOptions } from './losses/loss.js'
import * as metricsByName from './metrics/index.js'
import { type MetricFunction, meanMetric } from './metrics/mean.js'
import type { Metric, MetricConfig, MetricContext, MetricOptions } from './metrics/metric.js'
import * as regularizersByName from './regularizers/index.js'
import { type Regularizer, type RegularizerConfig, regularizer } from './regularizers/regularizer.js'

// Things that an option of a layer, or of `compile`, chooses: by name, by config, or as a function.

export type ActivationName = keyof typeof activationsByName
export type Activation = (x: Tensor) => Tensor
/** A registered name or `swish`, as Keras also calls `silu`, or any differentiable function of a tensor. */
export type ActivationLike = ActivationName | 'swish' | Activation

export const activationRegistry = new FunctionRegistry<ActivationName, Activation>('activation', activationsByName, {
  swish: 'silu',
})

/**
 * Lets an activation be given by a name, and models that have it be saved.
 * @param activation a differentiable function from a tensor to one of the same shape
 * @throws MyelinError ERR_ARGUMENT if the name is taken
 */
export const registerActivation = (name: string, activation: Activation): void =>
  activationRegistry.add(name, activation)

/** The registered name of an activation, null for a function of the user's that has none. */
export const activationName = (activation: ActivationLike): ActivationName | null =>
  activationRegistry.nameOf(activation) as ActivationName | null

export type InitializerName = keyof typeof initializersByName
/** A registered name, an initializer (`initializers.heNormal({ seed: 1 })`), any function from shape to tensor, or a config. */
export type InitializerLike = InitializerName | Initializer | InitializerConfig

export const initializerRegistry = new MakerRegistry<InitializerName, Initializer>('initializer', initializersByName, {
  is: (given) => typeof given === 'function',
  configOf: ({ config }) => config,
  named: (name, options, made) => initializer(name, options, checkMade(name, made)),
})

/**
 * Lets an initializer be given by a name or a config `{ name, …options }`, and models that have it be saved.
 * @param make makes the function from a weight's shape to its first value, a float32 tensor, by options that are plain data
 * @returns the same for the options of layers: `const mine = registerInitializer('mine', ({ gain = 1 }) => (shape) => …)`, then
 *   `kernelInitializer: mine({ gain: 2 })`
 * @throws MyelinError ERR_ARGUMENT if the name is taken
 */
export const registerInitializer = <Options extends object>(
  name: string,
  make: (options: Options) => (shape: Shape) => Tensor,
): ((options?: Options) => Initializer) => initializerRegistry.register(name, make)

/** A user's maker's thing, which must be a function of a shape or a tensor. */
const checkMade = <F>(name: string, made: F): Extract<F, (...args: never) => unknown> & ((given: never) => Tensor) => {
  if (typeof made === 'function') return made as never
  throw wrong(name, `must be made as a function, got ${show(made)}`)
}

export type RegularizerName = keyof typeof regularizersByName
/** A registered name, a regularizer (`regularizers.l2(1e-4)`), any function from tensor to scalar, or a config. */
export type RegularizerLike = RegularizerName | Regularizer | RegularizerConfig

export const regularizerRegistry = new MakerRegistry<RegularizerName, Regularizer>('regularizer', regularizersByName, {
  is: (given) => typeof given === 'function',
  configOf: ({ config }) => config,
  named: (name, options, made) => regularizer(name, options, checkMade(name, made)),
})

/**
 * Lets a regularizer be given by a name or a config `{ name, …options }`, and models that have it be saved.
 * @param make makes the function from a weight or an output to its penalty, a differentiable scalar, by options that are plain data
 * @returns the same for the options of layers, as {@link registerInitializer}
 * @throws MyelinError ERR_ARGUMENT if the name is taken
 */
export const registerRegularizer = <Options extends object>(
  name: string,
  make: (options: Options) => (w: Tensor) => Tensor,
): ((options?: Options) => Regularizer) => regularizerRegistry.register(name, make)

export type ConstraintName = keyof typeof constraintsByName
/** A registered name, a constraint (`constraints.maxNorm({ maxValue: 3 })`), any function from tensor to tensor, or a config. */
export type ConstraintLike = ConstraintName | Constraint | ConstraintConfig

export const constraintRegistry = new MakerRegistry<ConstraintName, Constraint>('constraint', constraintsByName, {
  is: (given) => typeof given === 'function',
  configOf: ({ config }) => config,
  named: (name, options, made) => constraint(name, options, checkMade(name, made)),
})

/**
 * Lets a constraint be given by a name or a config `{ name, …options }`, and models that have it be saved.
 * @param make makes the function from a weight to what it becomes, of the same shape and made of ops, by options that are plain data
 * @returns the same for the options of layers, as {@link registerInitializer}
 * @throws MyelinError ERR_ARGUMENT if the name is taken
 */
export const registerConstraint = <Options extends object>(
  name: string,
  make: (options: Options) => (w: Tensor) => Tensor,
): ((options?: Options) => Constraint) => constraintRegistry.register(name, make)

export type LossName = keyof typeof lossesByName
/** A registered name or Keras' short `mse` or `mae`, a config, or any differentiable function (yTrue, yPred) → Tensor. */
export type LossLike = LossName | 'mse' | 'mae' | LossConfig | LossFunction

export const lossRegistry = new FunctionRegistry<LossName, LossFunction>('loss', lossesByName, {
  mse: 'meanSquaredError',
  mae: 'meanAbsoluteError',
})

/**
 * Lets a loss be given to `compile` by a name.
 * @param loss a differentiable function (yTrue, yPred) → a scalar, or one value a sample
 * @throws MyelinError ERR_ARGUMENT if the name is taken
 */
export const registerLoss = (name: string, loss: LossFunction): void => lossRegistry.add(name, loss)

/** Whether it is a loss with options, `{ name: 'huber', delta: 2 }`. */
export const isLossConfig = (given: unknown): given is LossConfig =>
  isPlainObject(given) && typeof given.name === 'string'

/** The loss for an option. @throws MyelinError ERR_ARGUMENT for an unknown name, or wrong options */
export const getLoss = (loss: LossLike, where: string): LossFunction =>
  isLossConfig(loss) ? withOptions(lossRegistry.find(loss.name, where), loss) : lossRegistry.get(loss, where)

/** How a config tells a loss. @throws MyelinError ERR_FORMAT if it is not registered */
export const lossConfig = (loss: LossFunction, where: string): LossLike =>
  loss.config ?? (lossRegistry.config(loss, where, 'loss') as LossLike)

export type MetricName = keyof typeof metricsByName
/**
 * A registered name or Keras' short `acc`, `mse` or `mae`, under which it is then reported; a metric, its config; or a function of tensors
 * (yTrue, yPred) → one value a sample or a scalar, whose mean over all samples is reported under the function's name (`metric` if it
 * has none).
 */
export type MetricLike = MetricName | 'acc' | 'mse' | 'mae' | Metric | MetricConfig | MetricFunction

const metricAliases: Readonly<Record<'acc' | 'mse' | 'mae', MetricName>> = {
  acc: 'accuracy',
  mse: 'meanSquaredError',
  mae: 'meanAbsoluteError',
}

export const metricRegistry = new MakerRegistry<MetricName, Metric>(
  'metric',
  metricsByName,
  {
    is: (given) => typeof given === 'function' || isMetric(given),
    // The name is that in the history.
    key: 'kind',
    configOf: (metric) => (isMetric(metric) ? metric.getConfig() : undefined),
    named: (kind, options, made) => metricOf({ kind, name: kind, ...options }, made),
  },
  metricAliases,
)

/**
 * Lets a metric be given to `compile` by a name.
 * @param make makes it by options that are plain data: one of `metrics` with other options, or a function of tensors (yTrue, yPred) →
 *   one value a sample or a scalar, whose mean over all samples is reported under the name
 * @returns what makes the metric
 * @throws MyelinError ERR_ARGUMENT if the name is taken
 */
export const registerMetric = <Options extends MetricOptions>(
  name: string,
  make: (options: Options) => Metric | MetricFunction,
): ((options?: Options) => Metric) => metricRegistry.register(name, make)

/**
 * The metric for an option, made for a model; a metric that was given shows what the one made came to.
 * @param context what `accuracy` resolves by
 * @param where what an error message begins with
 * @throws MyelinError ERR_ARGUMENT for an unknown name, or what is no metric
 */
export function getMetric(metric: MetricLike, context: MetricContext, where: string): Metric {
  if (typeof metric === 'object' && metric !== null && !isMetric(metric) && !isMetricConfig(metric))
    throw noMetric(metric, where)
  if (typeof metric === 'string' && Object.hasOwn(metricAliases, metric))
    return metricRegistry
      .find(
        metric,
        where,
      )({ name: metric } as never)
      .fork(context)
  const made: Metric | MetricFunction = metricRegistry.get(metric, where)
  return typeof made === 'function'
    ? meanMetric((made as MetricFunction).name || 'metric', made, null)
    : made.fork(context)
}

export const isMetricConfig = (given: unknown): given is MetricConfig => isPlainObject(given) && 'kind' in given

export const isMetric = (given: unknown): given is Metric =>
  typeof given === 'object' &&
  given !== null &&
  copyOf(given) === null &&
  'compiles' in given &&
  given.compiles === true &&
  'fork' in given &&
  typeof given.fork === 'function'

function noMetric(given: { name?: unknown }, where: string): MyelinError {
  const named = typeof given.name === 'string' ? `${show(given)}, named ${show(given.name)}` : show(given)
  return wrong(where, `a metric must be a name, one made by metrics.*, or a function (yTrue, yPred), got ${named}`)
}

/** The metric that a user's maker made: as such, or as a function whose mean is one. */
function metricOf(config: MetricConfig & Required<MetricOptions>, made: unknown): Metric {
  if (typeof made === 'function') return meanMetric(String(config.name), made as MetricFunction, config)
  if (isMetric(made)) return made
  throw wrong(config.kind, `must be made as a metric, or a function (yTrue, yPred); got ${show(made)}`)
}

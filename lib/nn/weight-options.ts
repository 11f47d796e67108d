import { checkFlag } from '../core/check.js'
import { choice, choiceOrNone, type OptionalOption, optional, type Schema } from '../core/schema.js'
import {
  type ConstraintLike,
  constraintRegistry,
  type InitializerLike,
  initializerRegistry,
  type RegularizerLike,
  regularizerRegistry,
} from './choices.js'
import type { Constraint } from './constraints/constraint.js'
import type { Initializer } from './initializers/initializer.js'
import type { Regularizer } from './regularizers/regularizer.js'

// Groups of options that layers have in common, each declared once.

export interface KernelOptions {
  /** Default glorotUniform. */
  kernelInitializer?: InitializerLike
  /** The penalty on the kernel. Default none. */
  kernelRegularizer?: RegularizerLike | null
  /** The constraint on the kernel. Default none. */
  kernelConstraint?: ConstraintLike | null
}

export interface BiasOptions {
  /** Default true. */
  useBias?: boolean
  /** Default zeros. */
  biasInitializer?: InitializerLike
  /** The penalty on the bias. Default none. */
  biasRegularizer?: RegularizerLike | null
  /** The constraint on the bias. Default none. */
  biasConstraint?: ConstraintLike | null
}

export interface ActivityOptions {
  /** The penalty on the layer's output, divided by the size of the batch, as Keras. Default none. */
  activityRegularizer?: RegularizerLike | null
}

export interface ScaleShiftOptions {
  /** Whether beta is added. Default true. */
  center?: boolean
  /** Whether the result is multiplied by gamma. Default true. */
  scale?: boolean
  /** Default zeros. */
  betaInitializer?: InitializerLike
  /** Default ones. */
  gammaInitializer?: InitializerLike
  /** The penalty on beta. Default none. */
  betaRegularizer?: RegularizerLike | null
  /** The penalty on gamma. Default none. */
  gammaRegularizer?: RegularizerLike | null
  /** The constraint on beta. Default none. */
  betaConstraint?: ConstraintLike | null
  /** The constraint on gamma. Default none. */
  gammaConstraint?: ConstraintLike | null
}

/** The options of a weight: how it begins, the penalty on it, what it becomes after each update. */
type WeightSchema<Weight extends string> = {
  readonly [K in `${Weight}Initializer`]: OptionalOption<InitializerLike, Initializer>
} & {
  readonly [K in `${Weight}Regularizer`]: OptionalOption<RegularizerLike | null, Regularizer | null>
} & {
  readonly [K in `${Weight}Constraint`]: OptionalOption<ConstraintLike | null, Constraint | null>
}

/** An option <weight>Initializer alone, for weights that are not trained. */
export const initializerOption = (fallback: InitializerLike): OptionalOption<InitializerLike, Initializer> =>
  choice<InitializerLike, Initializer>(initializerRegistry, fallback)

export const regularizerOption = (): OptionalOption<RegularizerLike | null, Regularizer | null> =>
  choiceOrNone<RegularizerLike, Regularizer>(regularizerRegistry)

/** The options <weight>Initializer, <weight>Regularizer and <weight>Constraint. @param fallback the default initializer */
export const weightSchema = <Weight extends string>(weight: Weight, fallback: InitializerLike) =>
  ({
    [`${weight}Initializer`]: initializerOption(fallback),
    [`${weight}Regularizer`]: regularizerOption(),
    [`${weight}Constraint`]: choiceOrNone<ConstraintLike, Constraint>(constraintRegistry),
  }) as WeightSchema<Weight>

/** The options of a normalization that ends in gamma·x + beta. */
export const scaleShiftSchema = {
  center: optional(checkFlag, true),
  scale: optional(checkFlag, true),
  ...weightSchema('beta', 'zeros'),
  ...weightSchema('gamma', 'ones'),
} satisfies Schema<ScaleShiftOptions>

/** The options of a layer for one of its weights; `addWeight` takes them as they are. */
export interface WeightRecipe {
  readonly initializer: Initializer
  readonly regularizer: Regularizer | null
  readonly constraint: Constraint | null
}

type RecipeValues<Weight extends string> = { readonly [K in `${Weight}Initializer`]: Initializer } & {
  readonly [K in `${Weight}Regularizer`]?: Regularizer | null
} & { readonly [K in `${Weight}Constraint`]?: Constraint | null }

/** The checked options of a layer for one of its weights. */
export function recipe<Weight extends string>(weight: Weight, options: RecipeValues<Weight>): WeightRecipe {
  const values = options as Readonly<Record<string, unknown>>
  return {
    initializer: values[`${weight}Initializer`] as Initializer,
    regularizer: (values[`${weight}Regularizer`] ?? null) as Regularizer | null,
    constraint: (values[`${weight}Constraint`] ?? null) as Constraint | null,
  }
}

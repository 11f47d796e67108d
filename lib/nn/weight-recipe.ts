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

/** What a layer's options say of one of its weights; `addWeight` takes it as it is. */
export interface WeightRecipe {
  readonly initializer: Initializer
  readonly regularizer: Regularizer | null
  readonly constraint: Constraint | null
}

/**
 * The recipe from the options <weight>Initializer, <weight>Regularizer and <weight>Constraint.
 * @throws MyelinError ERR_ARGUMENT for unknown names
 */
export function weightRecipe(
  where: string,
  initializer: InitializerLike,
  regularizer?: RegularizerLike | null,
  constraint?: ConstraintLike | null,
): WeightRecipe {
  return {
    initializer: initializerRegistry.get(initializer, where),
    regularizer: regularizerRegistry.optional(regularizer, where),
    constraint: constraintRegistry.optional(constraint, where),
  }
}

/** The options that make an equal recipe. @throws MyelinError ERR_FORMAT if one of them is a function of the user's */
export function recipeConfig(where: string, weight: string, recipe: WeightRecipe): Record<string, unknown> {
  const { initializer, regularizer, constraint } = recipe
  return {
    [`${weight}Initializer`]: initializerRegistry.config(initializer, where, `${weight}Initializer`),
    ...(regularizer !== null && {
      [`${weight}Regularizer`]: regularizerRegistry.config(regularizer, where, `${weight}Regularizer`),
    }),
    ...(constraint !== null && {
      [`${weight}Constraint`]: constraintRegistry.config(constraint, where, `${weight}Constraint`),
    }),
  }
}

/** The option activityRegularizer, where there is one. @throws MyelinError ERR_FORMAT if it is a function of the user's */
export const activityConfig = (where: string, regularizer: Regularizer | null): Record<string, unknown> =>
  regularizer === null
    ? {}
    : { activityRegularizer: regularizerRegistry.config(regularizer, where, 'activityRegularizer') }

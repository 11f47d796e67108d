import type { Constraint } from './constraints/constraint.js'
import { type ConstraintLike, constraintConfig, getConstraint } from './constraints/get.js'
import { getInitializer, type InitializerLike, initializerConfig } from './initializers/get.js'
import type { Initializer } from './initializers/initializer.js'
import { getRegularizer, type RegularizerLike, regularizerConfig } from './regularizers/get.js'
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
    initializer: getInitializer(initializer, where),
    regularizer: getRegularizer(regularizer, where),
    constraint: getConstraint(constraint, where),
  }
}

/** The options that make an equal recipe. @throws MyelinError ERR_FORMAT if one of them is a function of the user's */
export function recipeConfig(where: string, weight: string, recipe: WeightRecipe): Record<string, unknown> {
  const { initializer, regularizer, constraint } = recipe
  return {
    [`${weight}Initializer`]: initializerConfig(initializer, where),
    ...(regularizer !== null && { [`${weight}Regularizer`]: regularizerConfig(regularizer, where) }),
    ...(constraint !== null && { [`${weight}Constraint`]: constraintConfig(constraint, where) }),
  }
}

/** The option activityRegularizer, where there is one. @throws MyelinError ERR_FORMAT if it is a function of the user's */
export const activityConfig = (where: string, regularizer: Regularizer | null): Record<string, unknown> =>
  regularizer === null ? {} : { activityRegularizer: regularizerConfig(regularizer, where) }

import { functionInConfig } from '../../core/config.js'
import { lookUp, refuseUncalled } from '../../core/names.js'
import type { Constraint, ConstraintConfig } from './constraint.js'
import * as constraints from './index.js'

export type ConstraintName = keyof typeof constraints
/** A registered name, a constraint (`constraints.maxNorm({ maxValue: 3 })`), any function from tensor to tensor, or a config. */
export type ConstraintLike = ConstraintName | Constraint | ConstraintConfig

/**
 * The constraint for an option, null for none.
 * @param where what an error message begins with
 * @throws MyelinError ERR_ARGUMENT for an unknown name or wrong options
 */
export function getConstraint(given: ConstraintLike | null | undefined, where = 'getConstraint'): Constraint | null {
  if (given === null || given === undefined) return null
  refuseUncalled('constraints', constraints, given, where)
  if (typeof given === 'function') return given
  const { name, ...options } = typeof given === 'object' ? given : { name: given }
  const factory = lookUp<ConstraintName, (options: object) => Constraint>(constraints, name, 'constraint', where)
  return factory(options)
}

/** How a constraint is written down in a config. @throws MyelinError ERR_FORMAT if it is a function of the user's */
export const constraintConfig = (constraint: Constraint, where: string): ConstraintConfig | Constraint =>
  constraint.config ?? functionInConfig('a constraint', constraint, where, 'give one of constraints')

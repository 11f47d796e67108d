import { parseOptions } from '../../core/schema.js'
import { maximum } from '../../ops/index.js'
import { type Constraint, constraint } from './constraint.js'

/** Sets negative weights to 0: max(w, 0). */
export function nonNeg(options: object = {}): Constraint {
  return constraint('nonNeg', parseOptions({}, options, 'nonNeg'), (w) => maximum(w, 0))
}

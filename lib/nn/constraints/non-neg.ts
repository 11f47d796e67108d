import { checkOptions } from '../../core/names.js'
import { maximum } from '../../ops/index.js'
import { type Constraint, constraint } from './constraint.js'

/** Sets negative weights to 0: max(w, 0). */
export function nonNeg(options: object = {}): Constraint {
  checkOptions(options, [], 'nonNeg')
  return constraint('nonNeg', {}, (w) => maximum(w, 0))
}

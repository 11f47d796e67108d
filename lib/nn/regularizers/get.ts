import { functionInConfig } from '../../core/config.js'
import { lookUp, refuseUncalled } from '../../core/names.js'
import * as regularizers from './index.js'
import type { Regularizer, RegularizerConfig } from './regularizer.js'

export type RegularizerName = keyof typeof regularizers
/** A registered name, a regularizer (`regularizers.l2(1e-4)`), any function from tensor to scalar, or a config. */
export type RegularizerLike = RegularizerName | Regularizer | RegularizerConfig

/**
 * The regularizer for an option, null for none.
 * @param where what an error message begins with
 * @throws MyelinError ERR_ARGUMENT for an unknown name or wrong options
 */
export function getRegularizer(
  given: RegularizerLike | null | undefined,
  where = 'getRegularizer',
): Regularizer | null {
  if (given === null || given === undefined) return null
  refuseUncalled('regularizers', regularizers, given, where)
  if (typeof given === 'function') return given
  const { name, ...options } = typeof given === 'object' ? given : { name: given }
  const factory = lookUp<RegularizerName, (options: object) => Regularizer>(regularizers, name, 'regularizer', where)
  return factory(options)
}

/** How a regularizer is written down in a config. @throws MyelinError ERR_FORMAT if it is a function of the user's */
export const regularizerConfig = (regularizer: Regularizer, where: string): RegularizerConfig | Regularizer =>
  regularizer.config ?? functionInConfig('a regularizer', regularizer, where, 'give one of regularizers')

import { functionInConfig } from '../../core/config.js'
import { lookUp, refuseUncalled } from '../../core/names.js'
import * as registry from './index.js'
import type { Initializer, InitializerConfig } from './initializer.js'

export type InitializerName = keyof typeof registry
/** A registered name, an initializer (`initializers.heNormal({ seed: 1 })`), any function from shape to tensor, or a config. */
export type InitializerLike = InitializerName | Initializer | InitializerConfig

/**
 * The initializer for an option.
 * @param where what an error message begins with
 * @throws MyelinError ERR_ARGUMENT for an unknown name or wrong options
 */
export function getInitializer(given: InitializerLike, where = 'getInitializer'): Initializer {
  refuseUncalled('initializers', registry, given, where)
  if (typeof given === 'function') return given
  const { name, ...options } = typeof given === 'object' && given !== null ? given : { name: given }
  const factory = lookUp<InitializerName, (options: object) => Initializer>(registry, name, 'initializer', where)
  return factory(options)
}

/** How an initializer is written down in a config. @throws MyelinError ERR_FORMAT if it is a function of the user's */
export const initializerConfig = (initializer: Initializer, where: string): InitializerConfig | Initializer =>
  initializer.config ?? functionInConfig('an initializer', initializer, where, 'give one of initializers')

import { MakerRegistry } from '../../core/registry.js'
import type { Callback } from './callback.js'
import { earlyStopping } from './early-stopping.js'
import { learningRateFinder } from './learning-rate-finder.js'
import { reduceLROnPlateau } from './reduce-lr-on-plateau.js'
import { terminateOnNaN } from './terminate-on-nan.js'

/** Those that go without arguments. */
const callbacksByName = { earlyStopping, reduceLROnPlateau, learningRateFinder, terminateOnNaN }

export type CallbackName = keyof typeof callbacksByName
/** A registered name, which means the defaults, or a callback. */
export type CallbackLike = CallbackName | Callback

export const callbackRegistry = new MakerRegistry<CallbackName, Callback>('callback', callbacksByName, {
  is: (given) => typeof given !== 'string',
  configOf: () => undefined,
  named: (_name, _options, made) => made as Callback,
})

/**
 * Lets a callback be given to `fit` by a name.
 * @param make makes it: an object with hooks; called anew for each run
 * @returns what makes it
 * @throws MyelinError ERR_ARGUMENT if the name is taken
 */
export const registerCallback = <Options extends object>(
  name: string,
  make: (options: Options) => Callback,
): ((options?: Options) => Callback) => callbackRegistry.register(name, make)

import { lookUp, refuseUncalled } from '../../core/names.js'
import type { Callback } from './callback.js'
import { earlyStopping } from './early-stopping.js'
import { learningRateFinder } from './learning-rate-finder.js'
import { reduceLROnPlateau } from './reduce-lr-on-plateau.js'
import { terminateOnNaN } from './terminate-on-nan.js'

/** Those that go without arguments. */
const byName = { earlyStopping, reduceLROnPlateau, learningRateFinder, terminateOnNaN }

export type CallbackName = keyof typeof byName
/** A registered name, which means the defaults, or a callback. */
export type CallbackLike = CallbackName | Callback

/**
 * The callback for an option; one for a name is made anew.
 * @param where what an error message begins with
 * @throws MyelinError ERR_ARGUMENT for an unknown name
 */
export function getCallback(callback: CallbackLike, where: string): Callback {
  refuseUncalled('callbacks', byName, callback, where)
  if (typeof callback !== 'string') return callback
  return lookUp<CallbackName, () => Callback>(byName, callback, 'callback without arguments', where)()
}

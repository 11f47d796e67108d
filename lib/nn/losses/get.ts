import { lookUp } from '../../core/names.js'
import * as losses from './index.js'
import type { LossFunction } from './loss.js'

export type LossName = keyof typeof losses
/** A registered name or Keras' short `mse` or `mae`, or any differentiable function (yTrue, yPred) → Tensor. */
export type LossLike = LossName | 'mse' | 'mae' | LossFunction

const aliases: Readonly<Record<'mse' | 'mae', LossName>> = { mse: 'meanSquaredError', mae: 'meanAbsoluteError' }

/**
 * The loss function for an option.
 * @param where what an error message begins with
 * @throws MyelinError ERR_ARGUMENT for an unknown name
 */
export function getLoss(loss: LossLike, where = 'getLoss'): LossFunction {
  return typeof loss === 'function' ? loss : lookUp<LossName, LossFunction>(losses, loss, 'loss', where, aliases)
}

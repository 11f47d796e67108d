import { functionInConfig } from '../../core/config.js'
import { lookUp } from '../../core/names.js'
import { own } from '../../core/records.js'
import type { Tensor } from '../../tensor/tensor.js'
import * as activations from './index.js'

export type ActivationName = keyof typeof activations
export type Activation = (x: Tensor) => Tensor
/** A registered name or `swish`, as Keras also calls `silu`, or any differentiable function of a tensor. */
export type ActivationLike = ActivationName | 'swish' | Activation

const aliases: Readonly<Record<'swish', ActivationName>> = { swish: 'silu' }

/**
 * The activation function for an option.
 * @param where what an error message begins with
 * @throws MyelinError ERR_ARGUMENT for an unknown name
 */
export function getActivation(activation: ActivationLike, where = 'getActivation'): Activation {
  if (typeof activation === 'function') return activation
  const found: Activation = lookUp<ActivationName, Activation>(activations, activation, 'activation', where, aliases)
  return found
}

/** The registered name of an activation, null for a function of the user's. */
export function activationName(activation: ActivationLike): ActivationName | null {
  if (typeof activation !== 'function')
    return own<ActivationName>(aliases, activation) ?? (activation as ActivationName)
  const entry = Object.entries<Activation>(activations).find(([, known]) => known === activation)
  return entry === undefined ? null : (entry[0] as ActivationName)
}

/** How an activation is written down in a config. @throws MyelinError ERR_FORMAT if it has no name */
export const activationConfig = (activation: ActivationLike, where: string): ActivationLike =>
  activationName(activation) ??
  functionInConfig('an activation', activation, where, 'give the name of one, or write a layer of your own')

import { rememberArguments } from '../../lib/nn/activations/activate.js'
import type { ActivationName } from '../../lib/nn/choices.js'
import type { Tensor } from '../../lib/tensor/tensor.js'

/** The outputs of fn, each before the activation by which it ends: the logits, as training sees them. */
export function allBeforeActivation(fn: () => Tensor[]): Tensor[] {
  const { result, originOf } = rememberArguments(() => true, fn)
  return result.map((output) => originOf(output)?.argument ?? output)
}

/** The one output of fn before its activation. */
export const beforeActivation = (fn: () => Tensor): Tensor => allBeforeActivation(() => [fn()])[0] as Tensor

/** The names of the activations by which outputs end, null where another layer reads them. */
export function finalActivations(fn: () => Tensor[]): (ActivationName | null)[] {
  const { result, originOf } = rememberArguments(() => true, fn)
  return result.map((output) => originOf(output)?.activation ?? null)
}

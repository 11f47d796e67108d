import { ambient } from '../../core/ambient.js'
import { layerAtWork } from '../../tensor/recorder.js'
import type { Tensor } from '../../tensor/tensor.js'
import type { Activation, ActivationName } from '../choices.js'
import { warnOfLoneSoftmax } from '../lone-softmax.js'

// A cross-entropy is better computed from logits than from what softmax or sigmoid makes of them. So the output of an activation
// remembers its argument, as long as somebody asks for that, and the loss asks the output that it is given.

/** The origin of an activation's output. */
interface Origin {
  /** Null for a function of the user's. */
  readonly activation: ActivationName | null
  /** The activation's argument: logits, where that is softmax or sigmoid. */
  readonly argument: Tensor
  readonly layer: string | null
}

interface Remembered {
  wants(activation: ActivationName | null): boolean
  readonly origins: Map<Tensor, Origin>
}

const memory = ambient<Remembered | null>(null)

/**
 * Runs fn, in which outputs of activations remember their arguments until another layer reads them.
 * @param wants of which activations
 */
export function rememberArguments<T>(
  wants: Remembered['wants'],
  fn: () => T,
): { result: T; originOf(output: Tensor): Origin | null } {
  const origins: Remembered['origins'] = new Map()
  const result = memory.run({ wants, origins }, fn)
  return { result, originOf: (output) => origins.get(output) ?? null }
}

/** Whether the argument of an activation must be a tensor, and not stay inside an op that does more than the activation. */
export const isArgumentWanted = (activation: ActivationName | null): boolean => memory.value?.wants(activation) === true

/**
 * Applies an activation at the end of a layer.
 * @param name null for a function of the user's
 */
export function activate(name: ActivationName | null, activation: Activation, argument: Tensor): Tensor {
  warnOfLoneSoftmax(layerAtWork.value?.name ?? null, name, argument.shape)
  const output = activation(argument)
  if (isArgumentWanted(name))
    memory.value?.origins.set(output, { activation: name, argument, layer: layerAtWork.value?.name ?? null })
  return output
}

/** Forgets the arguments of what a layer reads: it is no mere output of a model, or no longer the activation's but the layer's. */
export function forgetArguments(inputs: Tensor | readonly Tensor[]): void {
  if (memory.value === null) return
  for (const input of listOf(inputs)) memory.value.origins.delete(input)
}

/** Forgets the arguments of what another layer has made, inside the one whose outputs these are. */
export function forgetOtherThan(layer: string, outputs: Tensor | readonly Tensor[]): void {
  if (memory.value === null) return
  const { origins } = memory.value
  for (const output of listOf(outputs)) if (origins.get(output)?.layer !== layer) origins.delete(output)
}

const isList = (tensors: Tensor | readonly Tensor[]): tensors is readonly Tensor[] => Array.isArray(tensors)
const listOf = (tensors: Tensor | readonly Tensor[]): readonly Tensor[] => (isList(tensors) ? tensors : [tensors])

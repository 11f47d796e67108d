import { ambient } from '../core/ambient.js'
import { layerAtWork } from '../tensor/recorder.js'
import type { Tensor } from '../tensor/tensor.js'
import { recording } from './tape.js'

/**
 * An instrument's share of a named tensor: itself, a figure that it computes of it, or null for nothing. It is called where the tensor
 * comes up, so of a parameter before and after its update, and is not part of what gradients flow through.
 */
export type TakeTap = (name: string, tensor: Tensor) => Tensor | null

/** The named tensors of one step, and what is taken of them. */
export class Taps {
  /** The tensors that were taken, by name. */
  readonly taken = new Map<string, Tensor>()
  /** The tensors so far to which a gradient may come, by name. */
  readonly differentiable = new Map<string, Tensor>()
  private readonly counts = new Map<string, number>()

  constructor(private readonly take: TakeTap) {}

  /** Offers a tensor; where others had its name before, it is called `name:2` and so on. */
  offer(name: string, tensor: Tensor): void {
    const count = (this.counts.get(name) ?? 0) + 1
    this.counts.set(name, count)
    const own = count === 1 ? name : `${name}:${count}`
    if (tensor.requiresGrad) this.differentiable.set(own, tensor)
    const taken = recording.run(false, () => this.take(own, tensor))
    if (taken !== null) this.taken.set(own, taken)
  }
}

/** Those of the step at work, where somebody takes some. */
export const taps = ambient<Taps | null>(null)

/**
 * Offers a tensor of a layer's under its name, `encoder/dense/output`, to whoever takes taps; else nothing is done.
 * @param what its name within the layer: `output`, `preActivation`
 * @returns the tensor
 */
export function tap(what: string, tensor: Tensor): Tensor {
  if (taps.value !== null) taps.value.offer([...layerPath(), what].join('/'), tensor)
  return tensor
}

/** The names of the layers at work, the outermost first. */
function layerPath(): string[] {
  const names: string[] = []
  for (let layer = layerAtWork.value; layer !== null; layer = layer.outer) names.unshift(layer.name)
  return names
}

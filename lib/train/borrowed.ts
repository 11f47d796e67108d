import { isRecord } from '../data/source.js'
import { track } from '../tensor/scope.js'
import { Tensor } from '../tensor/tensor.js'

/** Handles of a run on tensors of the caller, who may dispose of their own meanwhile. */
export class Borrowed {
  private readonly handles: Tensor[] = []

  /**
   * The same elements under a handle that lives until {@link dispose}; so too the tensors in a list or a record. What is none
   * stays what it is.
   */
  keep(data: unknown): unknown {
    if (data instanceof Tensor) return this.handleOf(data)
    if (Array.isArray(data)) return data.some(isTensor) ? data.map((part) => this.keep(part)) : data
    if (!isRecord(data) || !Object.values(data).some(isTensor)) return data
    return Object.fromEntries(Object.entries(data).map(([name, part]) => [name, this.keep(part)]))
  }

  dispose(): void {
    for (const handle of this.handles) handle.dispose()
  }

  /** A tensor that is disposed of already is refused by whoever reads it. */
  private handleOf(tensor: Tensor): Tensor {
    if (tensor.disposed) return tensor
    const handle = tensor.alias(tensor.shape)
    track(handle, null)
    this.handles.push(handle)
    return handle
  }
}

const isTensor = (value: unknown): boolean => value instanceof Tensor

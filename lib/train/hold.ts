import { track } from '../tensor/scope.js'
import { Tensor } from '../tensor/tensor.js'

/** Handles of a run's own on the caller's tensors, so that he may dispose of his while it goes on. */
export class Hold {
  private readonly handles: Tensor[] = []

  /** The same elements under a handle that lives until {@link dispose}. What is no tensor stays what it is. */
  keep<T>(data: T): T {
    return data instanceof Tensor ? (this.handleOf(data) as Tensor & T) : data
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

import { isRecord } from '../../data/source.js'
import { track } from '../../tensor/scope.js'
import { Tensor } from '../../tensor/tensor.js'

/** Inputs, targets and weights as the user gives them. */
export interface GivenSamples {
  x: unknown
  y?: unknown
  sampleWeight?: unknown
}

/**
 * Data under handles of a run's own on the caller's tensors, alone or in lists and records: the caller may dispose of theirs while
 * the run goes on. All else stays as it is.
 */
export class Borrowed implements GivenSamples {
  readonly x: unknown
  readonly y: unknown
  readonly sampleWeight: unknown
  private readonly handles: Tensor[] = []

  constructor({ x, y, sampleWeight }: GivenSamples) {
    this.x = this.borrow(x)
    this.y = this.borrow(y)
    this.sampleWeight = this.borrow(sampleWeight)
  }

  dispose(): void {
    for (const handle of this.handles) handle.dispose()
  }

  private borrow(data: unknown): unknown {
    if (data instanceof Tensor) return this.handleOf(data)
    if (Array.isArray(data)) return data.some(isTensor) ? data.map((part) => this.borrow(part)) : data
    if (!isRecord(data) || !Object.values(data).some(isTensor)) return data
    return Object.fromEntries(Object.entries(data).map(([name, part]) => [name, this.borrow(part)]))
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

import { MyelinError } from '../core/error.js'
import type { ElementArray } from '../native/binding.js'
import type { DType } from './dtype.js'
import type { NestedArray } from './format.js'
import { formatShape, type Shape } from './shape.js'
import { Tensor } from './tensor.js'

/** A tensor while a function is traced: it has a shape and a dtype, and its elements come when the plan runs. */
export class Symbolic extends Tensor {
  /** @param reshaped how the trace makes a view of it in another shape */
  constructor(
    shape: Shape,
    dtype: DType,
    private readonly reshaped: (x: Symbolic, shape: Shape) => Symbolic,
  ) {
    super(-1, shape, dtype)
  }

  override data(): ElementArray {
    throw this.unread('data')
  }

  override item(): number {
    throw this.unread('item')
  }

  override toArray(): NestedArray {
    throw this.unread('toArray')
  }

  override toString(): string {
    return `Tensor(symbolic, shape: ${formatShape(this.shape)}, dtype: ${this.dtype})`
  }

  override alias(shape: Shape): Tensor {
    return this.reshaped(this, shape)
  }

  override dispose(): void {}

  override check(): void {}

  private unread(method: string): MyelinError {
    return new MyelinError(
      'ERR_ARGUMENT',
      `[${method}] inside compile() a tensor has no elements yet, only its shape ${formatShape(this.shape)}: return it, and read it outside`,
    )
  }
}

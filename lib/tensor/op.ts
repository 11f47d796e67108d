import type { DType } from './dtype.js'
import type { Shape } from './shape.js'
import type { Recorded, Tensor } from './tensor.js'

/** Shape and dtype of a result; a tensor serves as one. */
export interface TensorSpec {
  readonly shape: Shape
  readonly dtype: DType
}

/** Inputs or outputs of an op, in order. */
export type TensorList = readonly Tensor[]

/** An application of an op that gradients can flow through: what the tape records. */
export interface GraphNode<A = unknown, I extends TensorList = TensorList, O extends TensorList = TensorList>
  extends Recorded {
  readonly op: Op<A>
  readonly attrs: A
  readonly inputs: I
  readonly outputs: O
}

/** The gradients of tensors; null: none. */
export type GradientsOf<T extends TensorList> = { readonly [K in keyof T]: Tensor | null }

/** The gradients that have come back to the outputs: an op with one output is asked only where there is one. */
type Upstream<O extends TensorList> = O extends readonly [Tensor] ? O : GradientsOf<O>

/**
 * The gradients of the inputs, given those of the outputs (null where nothing flowed back into an output). Written in
 * terms of other ops, so that a gradient has a gradient. null for an input that gets none.
 */
export type Gradient<A, I extends TensorList = TensorList, O extends TensorList = TensorList> = (
  node: GraphNode<A, I, O>,
  gradients: Upstream<O>,
) => GradientsOf<I>

/** The whole truth about a primitive op: with attributes A, from inputs I to outputs O. */
export interface Op<A = unknown, I extends TensorList = TensorList, O extends TensorList = TensorList> {
  readonly name: string
  /** The native op; −1 for a view, whose output is the input's storage in another shape. */
  readonly opcode: number
  /** The shape rule: checks the inputs and attributes with good words and says what comes out. */
  infer(inputs: I, attrs: A): { readonly [K in keyof O]: TensorSpec }
  /**
   * The attributes as the native op reads them; absent: none.
   * @param ahead 0, or in a compiled run of several steps how many come before this one
   */
  encode?(attrs: A, ahead: number): readonly number[]
  /** Whether `encode` differs from step to step: a learning rate, the number of a random draw. */
  readonly perStep?: boolean
  /** Whether, as things are now, `encode` is the same in all steps to come, although it may differ: a rate without a schedule. */
  steady?(attrs: A): boolean
  /** An op on each element by itself: its output may take the place of an input of the same shape. */
  readonly elementwise?: boolean
  /**
   * Whether each row of the outputs (along axis 0) comes from the same row of those inputs that have rows, and of the others from the
   * whole. Absent: no. Views are told by their shapes.
   * @param rowed which inputs have rows
   */
  rowWise?(inputs: readonly TensorSpec[], attrs: A, rowed: readonly boolean[]): boolean
  /** The attributes where there are `rows` rows in the place of `of`. Absent: the same. */
  forRows?(attrs: A, rows: number, of: number): A
  /** The inputs that are changed in place; such an op has no output and no gradient. */
  mutates?(inputs: I, attrs: A): readonly Tensor[]
  /** The layer that applies it, for messages about what the native op refuses. */
  layer?(attrs: A): string | undefined
  /** null: the op has none, and a gradient that must pass it is ERR_NO_GRADIENT. */
  readonly gradient: Gradient<A> | null
  /** Whose elements (not just shapes) the gradient reads: these stay alive until the backward pass. */
  readonly saves: 'none' | 'inputs' | 'outputs' | 'both'
}

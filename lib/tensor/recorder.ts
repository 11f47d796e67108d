import { ambient } from '../core/ambient.js'
import type { Op, TensorList } from './op.js'
import { stepDraws } from './random.js'
import type { Tensor } from './tensor.js'

/** One way to schedule ops: the tape runs each at once and may note it down; a tracer only notes it down. */
export interface Recorder {
  apply<A>(op: Op<A>, inputs: readonly Tensor[], attrs: A): Tensor[]
}

let eager: Recorder

/** Names the eager schedule. */
export function setEagerRecorder(tape: Recorder): void {
  eager = tape
}

/** The schedule in force; null: the eager one. */
export const recorder = ambient<Recorder | null>(null)

/** A layer that computes. */
interface LayerAtWork {
  readonly name: string
  /** The layer that it is a part of. */
  readonly outer: LayerAtWork | null
}

/** The innermost layer that computes now. */
export const layerAtWork = ambient<LayerAtWork | null>(null)

/** Applies an op under the schedule in force. */
export function apply<A, I extends TensorList, O extends TensorList>(op: Op<A, I, O>, inputs: NoInfer<I>, attrs: A): O {
  // A schedule makes one tensor of each description that `infer` returns.
  return (recorder.value ?? eager).apply(op, inputs, attrs) as readonly Tensor[] as O
}

/** Applies an op and returns its first output. */
export function call<A, I extends TensorList, O extends readonly [Tensor, ...Tensor[]]>(
  op: Op<A, I, O>,
  inputs: NoInfer<I>,
  attrs: A,
): Tensor {
  return apply(op, inputs, attrs)[0]
}

/** The schedule of {@link eagerly}; null: the eager one. */
export const immediate = ambient<Recorder | null>(null)

/** Runs fn under the eager schedule, also inside a trace: what has to be there before a step can run, such as a weight. */
export const eagerly = <T>(fn: () => T): T => recorder.run(immediate.value, () => stepDraws.run(null, fn))

import type { Op, TensorList } from './op.js'
import { withStepDraws } from './random.js'
import type { Tensor } from './tensor.js'

/** One way to schedule ops: the tape runs each at once and may note it down; a tracer only notes it down. */
export interface Recorder {
  apply<A>(op: Op<A>, inputs: readonly Tensor[], attrs: A): Tensor[]
}

let eager: Recorder
let recorder: Recorder

/** Names the eager schedule, which is in force unless another is. */
export function setEagerRecorder(tape: Recorder): void {
  eager = tape
  recorder = tape
}

/** Makes a schedule the one in force and returns the one before. */
export function setRecorder(next: Recorder): Recorder {
  const before = recorder
  recorder = next
  return before
}

let layer: string | null = null

/** The innermost layer that computes now, by name. */
export const layerAtWork = (): string | null => layer

/** Runs fn as the work of a layer. */
export function asLayer<T>(name: string, fn: () => T): T {
  const before = layer
  layer = name
  try {
    return fn()
  } finally {
    layer = before
  }
}

/** Applies an op under the schedule in force. */
export function apply<A, I extends TensorList, O extends TensorList>(op: Op<A, I, O>, inputs: NoInfer<I>, attrs: A): O {
  // A schedule makes one tensor of each description that `infer` returns.
  return recorder.apply(op, inputs, attrs) as readonly Tensor[] as O
}

/** Applies an op and returns its first output. */
export function call<A, I extends TensorList, O extends readonly [Tensor, ...Tensor[]]>(
  op: Op<A, I, O>,
  inputs: NoInfer<I>,
  attrs: A,
): Tensor {
  return apply(op, inputs, attrs)[0]
}

/** Runs fn under the eager schedule, also inside a trace: what has to be there before a step can run, such as a weight. */
export function eagerly<T>(fn: () => T): T {
  const before = setRecorder(eager)
  try {
    return withStepDraws(null, fn)
  } finally {
    setRecorder(before)
  }
}

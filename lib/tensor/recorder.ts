import type { Op } from './op.js'
import type { Tensor } from './tensor.js'

/** One way to schedule ops: the tape runs each at once and may note it down; a tracer only notes it down. */
export interface Recorder {
  apply<A>(op: Op<A>, inputs: readonly Tensor[], attrs: A): Tensor[]
}

let recorder: Recorder

/** Makes a schedule the one in force and returns the one before. */
export function setRecorder(next: Recorder): Recorder {
  const before = recorder
  recorder = next
  return before
}

/** Applies an op under the schedule in force. */
export function apply<A>(op: Op<A>, inputs: readonly Tensor[], attrs: A): Tensor[] {
  return recorder.apply(op, inputs, attrs)
}

import { noGrad } from '../autodiff/tape.js'
import type { Op } from '../tensor/op.js'
import { apply } from '../tensor/recorder.js'
import type { Tensor } from '../tensor/tensor.js'

/** Applies an op that changes some of its inputs in place and has no output: the only way an op changes anything. */
export function mutate<A>(op: Op<A>, inputs: readonly Tensor[], attrs: A): void {
  noGrad(() => apply(op, inputs, attrs))
}

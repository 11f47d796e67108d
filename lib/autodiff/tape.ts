import { ambient } from '../core/ambient.js'
import { checkFunction, refusePromise } from '../core/check.js'
import { execute } from '../tensor/execute.js'
import type { GraphNode, Op } from '../tensor/op.js'
import { Parameter } from '../tensor/parameter.js'
import { type Recorder, setEagerRecorder } from '../tensor/recorder.js'
import type { Tensor } from '../tensor/tensor.js'

/** One recorded application of an op. Younger nodes depend on older ones, so their order of creation is topological. */
export class TapeNode<A = unknown> implements GraphNode<A> {
  /** Set when a backward pass has given back what was saved. */
  spent = false
  /** The versions of the inputs that can change, as they were when the op ran. */
  private readonly versions: readonly number[] | null

  constructor(
    readonly op: Op<A>,
    readonly inputs: readonly Tensor[],
    readonly outputs: readonly Tensor[],
    readonly attrs: A,
  ) {
    const { saves } = op
    if (saves === 'inputs' || saves === 'both') {
      for (const input of inputs) input.savedBy++
      this.versions = inputs.some(changeable) ? inputs.map(version) : null
    } else {
      this.versions = null
    }
    if (saves === 'outputs' || saves === 'both') for (const output of outputs) output.savedBy++
  }

  /** The order of creation. */
  get generation(): number {
    return (this.outputs[0] as Tensor).id
  }

  /** The first input that was assigned to since the op ran, or undefined. */
  changedInput(): Tensor | undefined {
    return this.versions === null ? undefined : this.inputs.find((input, i) => version(input) !== this.versions?.[i])
  }

  /** Gives back what was saved. A handle that the user holds stays valid. */
  release(): void {
    if (this.spent) return
    this.spent = true
    const { saves } = this.op
    if (saves === 'inputs' || saves === 'both') this.inputs.forEach(unsave)
    if (saves === 'outputs' || saves === 'both') this.outputs.forEach(unsave)
  }
}

const changeable = (tensor: Tensor): boolean => tensor.base instanceof Parameter
const version = (tensor: Tensor): number => (tensor.base instanceof Parameter ? tensor.base.version : 0)

function unsave(tensor: Tensor): void {
  tensor.savedBy--
  if (tensor.savedBy === 0 && tensor.disposed) tensor.free()
}

/** Whether ops on tensors that require gradients are recorded now. */
export const recording = ambient(true)

/**
 * Runs fn without recording: nothing that it computes has a gradient.
 * @throws MyelinError ERR_ARGUMENT if fn is asynchronous: what it does after its first await would be recorded again
 */
export function noGrad<T>(fn: () => T): T {
  checkFunction('noGrad', 'a function', fn)
  return refusePromise('noGrad', recording.run(false, fn))
}

/** The eager schedule: runs each op at once and notes it down if a gradient may be wanted. */
const tape: Recorder = {
  apply<A>(op: Op<A>, inputs: readonly Tensor[], attrs: A): Tensor[] {
    const outputs = execute(op, inputs, attrs)
    if (op.mutates !== undefined) for (const changed of op.mutates(inputs, attrs)) countChange(changed)
    recordIfWanted(op, inputs, attrs, outputs)
    return outputs
  },
}

function countChange({ base }: Tensor): void {
  if (base instanceof Parameter) base.version++
}

/** Notes an application down if a gradient may be wanted through it. */
export function recordIfWanted<A>(op: Op<A>, inputs: readonly Tensor[], attrs: A, outputs: readonly Tensor[]): void {
  if (!recording.value) return
  for (const { requiresGrad } of inputs) {
    if (requiresGrad) {
      record(op, inputs, attrs, outputs)
      return
    }
  }
}

/** Notes an application of an op down. Outputs that are not float32 (an index, a comparison) carry no gradient. */
export function record<A>(op: Op<A>, inputs: readonly Tensor[], attrs: A, outputs: readonly Tensor[]): void {
  const node = new TapeNode(op, inputs, outputs, attrs)
  for (const output of outputs) if (output.dtype === 'float32') output.attach(node as TapeNode)
}

setEagerRecorder(tape)

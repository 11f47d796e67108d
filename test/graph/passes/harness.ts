import { expect } from 'vitest'
import { gradients } from '../../../lib/autodiff/backward.js'
import { noGrad } from '../../../lib/autodiff/tape.js'
import type { Graph, Value } from '../../../lib/graph/graph.js'
import { fuse, simplify } from '../../../lib/graph/passes/index.js'
import { trace } from '../../../lib/graph/trace.js'
import { type UpdateRule, update } from '../../../lib/ops/index.js'
import { full } from '../../../lib/tensor/creation.js'
import { execute } from '../../../lib/tensor/execute.js'
import { Parameter } from '../../../lib/tensor/parameter.js'
import type { Tensor } from '../../../lib/tensor/tensor.js'
import { instructionSets, onInstructionSet } from '../../helpers/machine.js'

export type Traced = (...inputs: Tensor[]) => Tensor[]

/** What a function becomes without fusion. */
export function plain(f: Traced, inputs: readonly Tensor[]): Graph {
  const { graph, constants } = trace(
    inputs,
    (...symbols) => noGrad(() => f(...symbols)),
    (outputs) => outputs,
  )
  return simplify(graph, [...constants])
}

export const fused = (f: Traced, inputs: readonly Tensor[], mustBeFinite?: number): Graph =>
  fuse(plain(f, inputs), mustBeFinite)

export const names = (graph: Graph): string[] => graph.nodes.map(({ op }) => op.name)

/** Runs a graph node by node, each as an eager call. */
export function interpret(graph: Graph, inputs: readonly Tensor[]): Tensor[] {
  const tensors = new Map<Value, Tensor>(graph.inputs.map((value, i) => [value, inputs[i] as Tensor]))
  const tensorOf = (value: Value): Tensor => (value.tensor ?? tensors.get(value)) as Tensor
  for (const { op, attrs, inputs: values, outputs } of graph.nodes) {
    const given = values.map(tensorOf)
    const made = op.name === 'view' ? [(given[0] as Tensor).detach()] : execute(op, given, attrs)
    outputs.forEach((output, i) => {
      tensors.set(output, made[i] as Tensor)
    })
  }
  return graph.outputs.map(tensorOf)
}

/** The elements' bits, every NaN alike. */
export function bits(tensor: Tensor): Uint32Array {
  const elements = Float32Array.from(tensor.data())
  return new Uint32Array(elements.buffer).map((word, i) => (Number.isNaN(elements[i]) ? 0x7fc00000 : word))
}

/** Holds a fused function to the same function run node by node and eagerly, on every instruction set; returns the fused nodes' names. */
export function expectEqualBits(f: Traced, inputs: readonly Tensor[]): string[] {
  const graph = fused(f, inputs)
  for (const isa of instructionSets) {
    onInstructionSet(isa, () => {
      const wanted = f(...inputs).map(bits)
      expect(interpret(plain(f, inputs), inputs).map(bits), isa).toEqual(wanted)
      expect(interpret(graph, inputs).map(bits), isa).toEqual(wanted)
    })
  }
  return names(graph)
}

/** Numbers that single out mistakes: signed zeros, infinities, NaN and subnormals among ordinary ones. */
export function withSpecials(tensor: Tensor): Float32Array {
  const specials = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0, 1e-40, -1e-40]
  return Float32Array.from(tensor.data(), (x, i) => (i % 11 === 3 ? (specials[((i / 11) % 7) | 0] as number) : x))
}

export const rules: readonly { name: string; rule: UpdateRule; slots: number; numbers: readonly number[] }[] = [
  { name: 'sgd', rule: 'sgd', slots: 0, numbers: [0.1, 0, 0] },
  { name: 'sgd with momentum', rule: 'sgd', slots: 1, numbers: [0.1, 0.9, 1] },
  { name: 'sgd with Nesterov momentum', rule: 'sgd', slots: 1, numbers: [0.1, 0.9, 2] },
  { name: 'rmsprop', rule: 'rmsprop', slots: 1, numbers: [0.01, 0.9, 1e-7, 0, 0] },
  { name: 'rmsprop with momentum, centered', rule: 'rmsprop', slots: 3, numbers: [0.01, 0.9, 1e-7, 0.8, 3] },
  { name: 'adam', rule: 'adam', slots: 2, numbers: [0.01, 0.9, 0.999, 1e-7, 0] },
  { name: 'adam with amsgrad', rule: 'adam', slots: 3, numbers: [0.01, 0.9, 0.999, 1e-7, 1] },
  { name: 'adagrad', rule: 'adagrad', slots: 1, numbers: [0.01, 1e-7] },
  { name: 'adadelta', rule: 'adadelta', slots: 2, numbers: [1, 0.95, 1e-7] },
  { name: 'adamax', rule: 'adamax', slots: 2, numbers: [0.01, 0.9, 0.999, 1e-7] },
  { name: 'nadam', rule: 'nadam', slots: 2, numbers: [0.009, 0.005, 3, 0.9, 0.999, 1e-7] },
  { name: 'lion', rule: 'lion', slots: 1, numbers: [0.01, 0.9, 0.99] },
]

/** Behind a rule's numbers: the step is done, with the gradient scaled and clipped and the parameter decayed. */
const common = [1, 0.5, 0.25, 0.001]

/** A model's step: forward, gradients of the loss, one update. The parameters and slots are those of `make`, fresh. */
export class Training {
  readonly parameters: readonly Parameter[]
  readonly slots: readonly (readonly Parameter[])[]

  constructor(
    weights: readonly Tensor[],
    private readonly rule: (typeof rules)[number],
  ) {
    this.parameters = weights.map((weight, i) => new Parameter(weight.mul(1), { name: `w${i}` }))
    this.slots = Array.from({ length: rule.slots }, () =>
      weights.map(({ shape }) => new Parameter(full(shape, 0.01), { trainable: false })),
    )
  }

  step(loss: Tensor): void {
    const { rule, numbers } = this.rule
    const found = gradients(loss, [...this.parameters]) as Tensor[]
    update(rule, this.parameters, found, this.slots, () => [...numbers, ...common])
  }

  state(): Uint32Array[] {
    return [...this.parameters, ...this.slots.flat()].map(bits)
  }
}

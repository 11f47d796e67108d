import { native, opcode } from '../native/binding.js'
import { defineOp } from '../ops/define.js'
import { type GradientGroups, type GradientLayout, joinGroups, splitGroups } from '../ops/gradient-groups.js'
import type { Update } from '../ops/state.js'
import type { Op, TensorList, TensorSpec } from '../tensor/op.js'
import type { Tensor } from '../tensor/tensor.js'
import type { Node, Value } from './graph.js'

// Ops that passes put in the place of several nodes. These ops have no gradient: where passes work, gradients are taken.

/** A native op with its numbers as they are, which do not change from step to step. */
interface Encoded {
  numbers: readonly number[]
  spec: TensorSpec
}

const encodedOp = (name: string, elementwise = false): Op<Encoded, TensorList, [y: Tensor]> =>
  defineOp<Encoded, TensorList>(name, { infer: (_, { spec }) => [spec], encode: ({ numbers }) => numbers, elementwise })

/** A matrix product, with bias (a third input) and activation. numbers: see native/ops/matmul.cc. */
export const productOp = encodedOp('matmul')
/** Rows by index, with a scale. numbers: see native/ops/gather.cc. */
export const gatherOp = encodedOp('gather')
/** Element-wise ops in turn, block by block. numbers: see native/ops/chain.cc. */
export const chainOp = encodedOp('chain', true)

/** The sum of squares along an axis. numbers: outer, n, inner, see native/ops/reduce.cc. */
export const sumSquaresOp = encodedOp('sumSquares')

/** The addon's codes of optimizers' rules, by the opcodes of their updates. */
const rules = new Map(Object.entries(native.rules).map(([name, code]) => [opcode(`${name}Update`), code]))

interface ProductUpdate {
  transposes: readonly number[]
  rule: number
  numbers: Update['numbers']
}

const firstChanged = 2

/** A product that is a gradient, and the update by it. Inputs: a, b, the parameter, its slots. */
export const matmulUpdateOp = defineOp<ProductUpdate, TensorList, []>('matmulUpdate', {
  infer: () => [],
  encode: ({ transposes, rule, numbers }, ahead) => [...transposes, rule, ...numbers(ahead)],
  perStep: true,
  steady: ({ numbers }) => numbers.steady?.() === true,
  mutates: (inputs) => inputs.slice(firstChanged),
})

/** Where a product's numbers have its activation, and the attribute of that. */
export const [activationPlace, alphaPlace] = [2, 3]
const { linear } = native.activations

export const isProduct = ({ op }: Node): boolean => op.opcode === productOp.opcode
/** Whether a product ends in an activation. */
export const isActivated = (product: Node): boolean => numbersOf(product)[activationPlace] !== linear
export const isGather = ({ op }: Node): boolean => op.opcode === gatherOp.opcode

const clipFactors = opcode('clipFactors')

/** Gradients that an update, or the clipping by a norm, reads; undefined for other nodes. */
export function gradientsOf({ op, attrs, inputs }: Node): GradientGroups<Value> | undefined {
  if (op.opcode !== clipFactors && !rules.has(op.opcode)) return undefined
  return splitGroups(inputs, (attrs as { layout: GradientLayout }).layout)
}

/** An optimizer's update of several parameters: its rule's code, its numbers, what it reads; undefined for other nodes. */
export function updateOf(node: Node): (Update & GradientGroups<Value> & { rule: number }) | undefined {
  const rule = rules.get(node.op.opcode)
  const read = gradientsOf(node)
  return rule === undefined || read === undefined ? undefined : { ...(node.attrs as Update), ...read, rule }
}

/** Such a node with other gradients. */
export function withGradients(node: Node, groups: GradientGroups<Value>): Node {
  const { inputs, layout } = joinGroups(groups)
  return Object.freeze({ ...node, attrs: { ...(node.attrs as object), layout }, inputs })
}

/** The numbers that the native op reads, where they are the same in every step. */
export const numbersOf = ({ op, attrs }: Node): readonly number[] => op.encode?.(attrs, 0) ?? []

/** A frozen node of an op whose attributes only passes know. */
export function fusedNode<A>(op: Op<A>, attrs: A, inputs: Node['inputs'], outputs: Node['outputs']): Node {
  return Object.freeze({ op: op as Op<unknown>, attrs, inputs, outputs })
}

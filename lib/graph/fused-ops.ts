import { opcode } from '../native/binding.js'
import { defineOp } from '../ops/define.js'
import type { Update } from '../ops/state.js'
import type { Op, TensorList, TensorSpec } from '../tensor/op.js'
import type { Tensor } from '../tensor/tensor.js'
import type { Node } from './graph.js'

// What passes put in the place of several nodes. These ops have no gradient: where passes work, gradients are taken.

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

/** In native/ops/update_rule.h's order. */
const updates = ['sgd', 'rmsprop', 'adam', 'adagrad', 'adadelta', 'adamax', 'nadam', 'lion'].map((rule) =>
  opcode(`${rule}Update`),
)

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

export const isProduct = ({ op }: Node): boolean => op.opcode === productOp.opcode
export const isGather = ({ op }: Node): boolean => op.opcode === gatherOp.opcode

/** An optimizer's update of several parameters: which rule, and the node's attributes; undefined for other nodes. */
export function updateOf({ op, attrs }: Node): (Update & { rule: number }) | undefined {
  const rule = updates.indexOf(op.opcode)
  return rule < 0 ? undefined : { ...(attrs as Update), rule }
}

/** The numbers that the native op reads, where they are the same in every step. */
export const numbersOf = ({ op, attrs }: Node): readonly number[] => op.encode?.(attrs, 0) ?? []

/** A frozen node of an op whose attributes only passes know. */
export function fusedNode<A>(op: Op<A>, attrs: A, inputs: Node['inputs'], outputs: Node['outputs']): Node {
  return Object.freeze({ op: op as Op<unknown>, attrs, inputs, outputs })
}

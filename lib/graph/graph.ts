import type { Op, TensorSpec } from '../tensor/op.js'
import type { Tensor } from '../tensor/tensor.js'

/** A result or an input of an op of a traced function. Compared by identity. */
export interface Value extends TensorSpec {
  /** Number in the order of creation, for reading and for keys. */
  readonly id: number
  /** A constant of the function, or a parameter; absent for what is computed or fed. */
  readonly tensor?: Tensor
}

/** One application of an op. Frozen: a pass makes new ones. */
export interface Node {
  readonly op: Op<unknown>
  readonly attrs: unknown
  readonly inputs: readonly Value[]
  readonly outputs: readonly Value[]
}

/** A function as a list of nodes in an order in which they can run. What changes a tensor does so at its place in the list. */
export interface Graph {
  readonly inputs: readonly Value[]
  readonly nodes: readonly Node[]
  readonly outputs: readonly Value[]
  /** Notes of passes, for reading. */
  readonly notes?: readonly string[]
}

/** The values that a node changes in place. */
export function changedValues({ op, attrs, inputs }: Node): readonly Value[] {
  if (op.mutates === undefined) return []
  // Ops tell by position which inputs they change; the values stand for the tensors here.
  const stand = inputs as readonly unknown[] as readonly Tensor[]
  const changed = new Set<unknown>(op.mutates(stand, attrs))
  return inputs.filter((input) => changed.has(input))
}

export const isView = ({ op }: Node): boolean => op.opcode < 0

/** The value whose elements a value shows: itself, unless it is a view. */
export function shownBy({ nodes }: Pick<Graph, 'nodes'>, value: Value): Value {
  const view = nodes.find((node) => isView(node) && node.outputs[0] === value)
  return view === undefined ? value : shownBy({ nodes }, view.inputs[0] as Value)
}

/** Nodes with their inputs exchanged; a node that reads none of the exchanged values stays itself. */
export function substitute(graph: Graph, replaced: ReadonlyMap<Value, Value>): Graph {
  if (replaced.size === 0) return graph
  const now = (value: Value): Value => {
    let result = value
    for (let next = replaced.get(result); next !== undefined; next = replaced.get(result)) result = next
    return result
  }
  const nodes = graph.nodes.map((node) =>
    node.inputs.some((input) => replaced.has(input)) ? Object.freeze({ ...node, inputs: node.inputs.map(now) }) : node,
  )
  return { ...graph, nodes, outputs: graph.outputs.map(now) }
}

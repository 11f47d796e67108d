import { changedValues, type Graph, type Node, type Value } from '../graph.js'
import { Aliases } from './node-order.js'

/**
 * Puts what changes a tensor behind the node that computes a value, where it stood before: running statistics, so that a step
 * that ends at that value has changed nothing. What is read again on the way to the value stays.
 */
export function deferChanges(graph: Graph, value: Value): Graph {
  const aliases = new Aliases(graph)
  const { nodes } = graph
  const last = nodes.findIndex(({ outputs }) => outputs.includes(value))
  const late: Node[] = []
  for (let i = last - 1; i >= 0; i--) {
    const node = nodes[i] as Node
    if (node.op.mutates === undefined) continue
    const changed = changedValues(node)
    const passed = nodes.slice(i + 1, last + 1).filter((other) => !late.includes(other))
    if (passed.some((other) => aliases.overlap(changed, other.inputs) || aliases.changes(other, node.inputs))) continue
    late.unshift(node)
  }
  if (late.length === 0) return graph
  const early = nodes.slice(0, last + 1).filter((node) => !late.includes(node))
  return { ...graph, nodes: [...early, ...late, ...nodes.slice(last + 1)] }
}

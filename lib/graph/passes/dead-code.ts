import { changedValues, type Graph, type Value } from '../graph.js'

/** Drops what neither an output nor a change of a tensor needs. */
export function removeDeadCode(graph: Graph): Graph {
  const needed = new Set<Value>(graph.outputs)
  const kept = graph.nodes.filter(() => false)
  for (const node of [...graph.nodes].reverse()) {
    if (changedValues(node).length === 0 && !node.outputs.some((output) => needed.has(output))) continue
    for (const input of node.inputs) needed.add(input)
    kept.push(node)
  }
  return kept.length === graph.nodes.length ? graph : { ...graph, nodes: kept.reverse() }
}

import { opcode } from '../../native/binding.js'
import { fusedNode, numbersOf, sumSquaresOp } from '../fused-ops.js'
import type { Graph, Node, Value } from '../graph.js'
import { Aliases, countReaders, placesOf } from './node-order.js'

const [square, sum] = ['square', 'sum'].map(opcode) as [number, number]

/** Sums squares without writing them down: norms and penalties of weights read these once. */
export function fuseSquares(graph: Graph): Graph {
  const readers = countReaders(graph)
  const aliases = new Aliases(graph)
  const { nodes } = graph
  const places = placesOf(graph)
  const dropped = new Set<Node>()
  const fused = new Map<Node, Node>()
  nodes.forEach((node, at) => {
    if (node.op.opcode !== sum) return
    const [squares] = node.inputs as [Value]
    const from = places.get(squares)
    const before = from === undefined ? undefined : nodes[from]
    if (from === undefined || before?.op.opcode !== square || readers.get(squares) !== 1) return
    if (squares.dtype !== 'float32') return
    if (nodes.slice(from + 1, at).some((between) => aliases.changes(between, before.inputs))) return
    const attrs = { numbers: numbersOf(node), spec: node.outputs[0] as Value }
    dropped.add(before)
    fused.set(node, fusedNode(sumSquaresOp, attrs, before.inputs, node.outputs))
  })
  if (fused.size === 0) return graph
  return { ...graph, nodes: nodes.filter((node) => !dropped.has(node)).map((node) => fused.get(node) ?? node) }
}

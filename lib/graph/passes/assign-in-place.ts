import { opcode } from '../../native/binding.js'
import { sameShape } from '../../tensor/shape.js'
import { type Graph, isView, type Node, type Value } from '../graph.js'
import { Aliases, countReaders } from './node-order.js'

const assign = opcode('assign')

/**
 * Lets an element-wise node write what is assigned to a tensor straight into it, where the node reads that tensor itself: a
 * constraint that scales a weight. It needs no memory of its own then, and no copy; and a product by ones need not be done.
 */
export function assignInPlace(graph: Graph): Graph {
  const readers = countReaders(graph)
  const aliases = new Aliases(graph)
  const { nodes } = graph
  const outside = [...new Set([...graph.inputs, ...nodes.flatMap(({ inputs }) => inputs)])].filter(
    (value) => value.tensor !== undefined || graph.inputs.includes(value),
  )
  const now = new Map<Node, Node | null>()
  nodes.forEach((node, at) => {
    if (node.op.opcode !== assign || node.attrs !== null) return
    const [target, value] = node.inputs as [Value, Value]
    const from = nodes.findIndex(({ outputs }) => outputs.includes(value))
    const producer = nodes[from]
    if (producer === undefined || target.tensor === undefined || readers.get(value) !== 1) return
    if (!canWrite(producer, target, aliases)) return
    // A plan binds what it writes once only.
    if (outside.some((other) => other !== target && aliases.overlap([other], [target]))) return
    const between = nodes.slice(from + 1, at)
    if (between.some((other) => aliases.overlap(other.inputs, [target]))) return
    now.set(producer, writing(producer, target))
    now.set(node, null)
  })
  return now.size === 0 ? graph : { ...graph, nodes: nodes.flatMap((node) => replacement(now, node)) }
}

/** Whether a node can have a tensor that it reads as its output. */
function canWrite(node: Node, target: Value, aliases: Aliases): boolean {
  const { op, inputs, outputs } = node
  const [y] = outputs
  if (op.elementwise !== true || isView(node) || op.perStep === true || y === undefined) return false
  const own = inputs.filter((input) => aliases.overlap([input], [target]))
  return sameShape(y.shape, target.shape) && own.length > 0 && own.every((input) => input === target)
}

function writing(node: Node, target: Value): Node {
  const at = node.inputs.indexOf(target)
  const op: Node['op'] = { ...node.op, mutates: (inputs) => inputs.slice(at, at + 1) }
  return Object.freeze({ ...node, op, outputs: [target] })
}

const replacement = (now: ReadonlyMap<Node, Node | null>, node: Node): Node[] => {
  const other = now.get(node)
  return other === null ? [] : [other ?? node]
}

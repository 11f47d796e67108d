import { opcode } from '../../native/binding.js'
import { sameShape } from '../../tensor/shape.js'
import type { Graph, Value } from '../graph.js'
import { Aliases } from './node-order.js'

const broadcast = opcode('broadcastTo')
/** These broadcast by themselves. */
const arithmetic = new Set(['add', 'sub', 'mul', 'div'].map(opcode))

/** A value that is broadcast only to meet an operand of the full shape meets it as it is, and need not be written down. */
export function skipBroadcasts(graph: Graph): Graph {
  const aliases = new Aliases(graph)
  const sources = new Map<Value, Value>()
  const nodes = graph.nodes.map((node) => {
    const { op, inputs, outputs } = node
    if (op.opcode === broadcast) sources.set(outputs[0] as Value, inputs[0] as Value)
    // A source that changes must be read where the broadcast stands.
    if (op.mutates !== undefined)
      for (const [wide, narrow] of sources) if (aliases.changes(node, [narrow])) sources.delete(wide)
    if (!arithmetic.has(op.opcode)) return node
    const [y] = outputs as [Value]
    const at = inputs.findIndex((input) => sources.has(input))
    const other = inputs[1 - at]
    if (at < 0 || other === undefined || !sameShape(other.shape, y.shape)) return node
    const narrow = sources.get(inputs[at] as Value) as Value
    return Object.freeze({ ...node, inputs: inputs.map((input, i) => (i === at ? narrow : input)) })
  })
  return sources.size === 0 ? graph : { ...graph, nodes }
}

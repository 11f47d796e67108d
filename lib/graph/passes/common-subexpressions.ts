import { changedValues, type Graph, type Node, substitute, type Value } from '../graph.js'

/** Computes once what is computed several times from the same inputs. Random draws differ, and changed tensors are left alone. */
export function shareCommonSubexpressions(graph: Graph): Graph {
  const changed = new Set(graph.nodes.flatMap(changedValues))
  const seen = new Map<string, Node>()
  const replaced = new Map<Value, Value>()
  const now = (value: Value): Value => replaced.get(value) ?? value
  const nodes = graph.nodes.filter((node) => {
    if (node.op.perStep || node.op.mutates !== undefined || node.inputs.some((input) => changed.has(input))) return true
    const key = keyOf(node, now)
    const first = seen.get(key)
    if (first === undefined) {
      seen.set(key, node)
      return true
    }
    node.outputs.forEach((output, i) => {
      replaced.set(output, first.outputs[i] as Value)
    })
    return false
  })
  return substitute({ ...graph, nodes }, replaced)
}

function keyOf({ op, attrs, inputs, outputs }: Node, now: (value: Value) => Value): string {
  const numbers = op.encode?.(attrs, 0) ?? []
  const specs = outputs.map(({ shape, dtype }) => `${dtype}${shape.join('x')}`)
  return [op.opcode, op.name, inputs.map((input) => now(input).id), numbers, specs].join(';')
}

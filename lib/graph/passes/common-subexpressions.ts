import { changedValues, type Graph, type Node, substitute, type Value } from '../graph.js'
import { Storages } from '../storage.js'

/** Computes once what is computed several times from the same inputs. Random draws differ, and changed tensors and their views are left alone. */
export function shareCommonSubexpressions(graph: Graph): Graph {
  const storages = new Storages(graph)
  const changed = new Set(graph.nodes.flatMap(changedValues).map((value) => storages.root(value)))
  const touchesChanged = ({ op, inputs }: Node): boolean =>
    op.mutates !== undefined || inputs.some((input) => changed.has(storages.root(input)))
  const seen = new Map<string, Node>()
  const replaced = new Map<Value, Value>()
  const now = (value: Value): Value => replaced.get(value) ?? value
  const nodes = graph.nodes.filter((node) => {
    if (node.op.perStep || touchesChanged(node)) return true
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
  // As text −0 is 0.
  const numbers = (op.encode?.(attrs, 0) ?? []).map((n) => (Object.is(n, -0) ? '-0' : n))
  const specs = outputs.map(({ shape, dtype }) => `${dtype}${shape.join('x')}`)
  return [op.opcode, op.name, inputs.map((input) => now(input).id), numbers, specs].join(';')
}

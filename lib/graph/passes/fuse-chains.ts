import { native } from '../../native/binding.js'
import { sameShape, sizeOf } from '../../tensor/shape.js'
import { chainOp, fusedNode, numbersOf } from '../fused-ops.js'
import type { Graph, Node, Value } from '../graph.js'
import { Aliases, countReaders, placesOf } from './node-order.js'

/** A shorter row costs more calls than the pass over memory that it saves. */
const shortestRow = 64

/** Element-wise nodes one after the other, each read by the next alone, become one instruction: a block goes through all of them. */
export function fuseChains(graph: Graph): Graph {
  const readers = countReaders(graph)
  const aliases = new Aliases(graph)
  const { nodes } = graph
  const places = placesOf(graph)
  const taken = new Set<number>()
  const chains = new Map<number, Node>()

  /** The place of the node before one of the chain that ends at `last`, if it can join that. */
  const before = (node: Node, last: number): number | undefined => {
    const { shape } = (nodes[last] as Node).outputs[0] as Value
    const value = node.inputs.find((input) => {
      const place = places.get(input)
      if (place === undefined || !canBeChained(nodes[place] as Node) || !sameShape(input.shape, shape)) return false
      const onlyHere = readers.get(input) === node.inputs.filter((other) => other === input).length
      const { inputs } = nodes[place] as Node
      return onlyHere && !nodes.slice(place + 1, last).some((between) => aliases.changes(between, inputs))
    })
    return value === undefined ? undefined : places.get(value)
  }

  for (let last = nodes.length - 1; last >= 0; last--) {
    if (taken.has(last) || !canBeChained(nodes[last] as Node)) continue
    const chained = [last]
    for (let at = before(nodes[last] as Node, last); at !== undefined && chained.length < native.mostChained; ) {
      chained.unshift(at)
      at = before(nodes[at] as Node, last)
    }
    if (chained.length === 1) continue
    for (const place of chained) taken.add(place)
    chains.set(last, chain(chained.map((place) => nodes[place] as Node)))
  }
  return chains.size === 0
    ? graph
    : { ...graph, nodes: nodes.flatMap((node, i) => chains.get(i) ?? (taken.has(i) ? [] : [node])) }
}

function canBeChained({ op, inputs, outputs }: Node): boolean {
  const [y] = outputs
  if (op.elementwise !== true || op.opcode === chainOp.opcode || op.perStep === true || y === undefined) return false
  return y.dtype === 'float32' && inputs.every((x) => x.dtype === 'float32' && reaches(x, y))
}

/** An operand of the result's shape, one value, or one row for all rows. */
function reaches({ shape }: Value, y: Value): boolean {
  if (sameShape(shape, y.shape)) return true
  const size = sizeOf(shape)
  return shape.length <= y.shape.length && (size === 1 || (size >= shortestRow && size === shape.at(-1)))
}

/** Nodes one after the other as one; native/ops/chain.cc has the encoding. */
function chain(nodes: readonly Node[]): Node {
  const operands: Value[] = []
  const numbers: number[] = [nodes.length]
  let previous: Value | undefined
  for (const node of nodes) {
    numbers.push(node.op.opcode)
    for (const input of node.inputs) {
      if (input !== previous && !operands.includes(input)) operands.push(input)
      numbers.push(input === previous ? 0 : 1 + operands.indexOf(input))
    }
    numbers.push(...numbersOf(node))
    previous = node.outputs[0]
  }
  const { outputs } = nodes.at(-1) as Node
  return fusedNode(chainOp, { numbers, spec: outputs[0] as Value }, operands, outputs)
}

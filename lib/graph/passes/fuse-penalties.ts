import { opcode } from '../../native/binding.js'
import { sameShape, sizeOf } from '../../tensor/shape.js'
import { updateOf } from '../fused-ops.js'
import type { Graph, Node, Value } from '../graph.js'
import { Aliases, countReaders, placesOf } from './node-order.js'

const [add, mul, clipFactors] = ['add', 'mul', 'clipFactors'].map(opcode) as [number, number, number]

/** A gradient that is another one and a multiple of its parameter. */
interface Penalty {
  parameter: Value
  gradient: Value
  coefficient: Value
}

/**
 * Lets the update, and the clipping by a norm, add a penalty's gradient coefficient·w to that of the loss where they read it: the
 * parameter is at hand there, and the sum is never written down.
 */
export function fusePenalties(graph: Graph): Graph {
  const readers = countReaders(graph)
  const aliases = new Aliases(graph)
  const { nodes } = graph
  const places = placesOf(graph)
  const dropped = new Set<Node>()
  const penalties = new Map<Value, Penalty>()

  /** What a gradient consists of, if an update alone reads it, and the clipping before that. */
  const split = (whole: Value, parameter: Value, end: number): Penalty | undefined => {
    const [sum, from] = producer(whole)
    const readings = nodes.slice(from, end + 1).filter(({ op }) => op.opcode === clipFactors || updates.has(op.opcode))
    const known = readings.reduce((n, { inputs }) => n + inputs.filter((input) => input === whole).length, 0)
    if (sum?.op.opcode !== add || readers.get(whole) !== known || !sameShape(whole.shape, parameter.shape)) return
    for (const [at, term] of sum.inputs.entries()) {
      const gradient = sum.inputs[1 - at] as Value
      const [product, first] = producer(term)
      if (product?.op.opcode !== mul || readers.get(term) !== 1 || !sameShape(gradient.shape, whole.shape)) continue
      const coefficient = product.inputs.find((input) => input !== parameter)
      if (!product.inputs.includes(parameter) || coefficient === undefined || sizeOf(coefficient.shape) !== 1) continue
      const read = [parameter, coefficient, gradient]
      if (nodes.slice(first + 1, end).some((node) => aliases.changes(node, read))) continue
      if (aliases.overlap([coefficient], [parameter])) continue
      dropped.add(sum).add(product)
      return { parameter, gradient, coefficient }
    }
    return
  }
  const producer = (value: Value): [Node | undefined, number] => {
    const place = places.get(value) ?? -1
    return [nodes[place], place]
  }
  const updates = new Set(nodes.filter((node) => updateOf(node) !== undefined).map(({ op }) => op.opcode))

  nodes.forEach((node, at) => {
    const rule = updateOf(node)
    if (rule === undefined) return
    const end = node.inputs.length - Number(rule.scaled)
    for (let first = 0; first < end; first += rule.group) {
      const [parameter, whole] = node.inputs.slice(first) as [Value, Value]
      const penalty = split(whole, parameter, at)
      if (penalty !== undefined) penalties.set(whole, penalty)
    }
  })
  if (penalties.size === 0) return graph
  const kept = nodes.filter((node) => !dropped.has(node))
  return { ...graph, nodes: kept.map((node) => withPenalties(node, penalties)) }
}

function withPenalties(node: Node, penalties: ReadonlyMap<Value, Penalty>): Node {
  const { op, attrs, inputs } = node
  if (!inputs.some((input) => penalties.has(input))) return node
  const rule = updateOf(node)
  const found = inputs.flatMap((input, i) => {
    const penalty = penalties.get(input)
    return penalty === undefined ? [] : [{ ...penalty, number: rule === undefined ? i : Math.floor(i / rule.group) }]
  })
  const penalized = found.map(({ number }) => number)
  const more = found.flatMap(({ parameter, coefficient }) =>
    rule === undefined ? [parameter, coefficient] : [coefficient],
  )
  return Object.freeze({
    op,
    attrs: { ...(attrs as object), penalized },
    inputs: [...inputs.map((input) => penalties.get(input)?.gradient ?? input), ...more],
    outputs: node.outputs,
  })
}

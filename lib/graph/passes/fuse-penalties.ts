import { opcode } from '../../native/binding.js'
import { gradientOf, type Penalty } from '../../ops/gradient-groups.js'
import { sameShape, sizeOf } from '../../tensor/shape.js'
import { gradientsOf, updateOf, withGradients } from '../fused-ops.js'
import type { Graph, Node, Value } from '../graph.js'
import { Aliases, countReaders, placesOf } from './node-order.js'

const [add, mul] = ['add', 'mul'].map(opcode) as [number, number]

/** A gradient that is another one and a multiple of its parameter. */
interface Penalized extends Penalty<Value> {
  gradient: Value
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
  const penalties = new Map<Value, Penalized>()

  /** The parts of a gradient, if an update alone reads it, and the clipping before that. */
  const split = (whole: Value, parameter: Value, end: number): Penalized | undefined => {
    const [sum, from] = producer(whole)
    const readings = nodes.slice(from, end + 1).filter((node) => gradientsOf(node) !== undefined)
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

  nodes.forEach((node, at) => {
    for (const group of updateOf(node)?.groups ?? []) {
      const [parameter, whole] = group as [Value, Value]
      const penalty = split(whole, parameter, at)
      if (penalty !== undefined) penalties.set(whole, penalty)
    }
  })
  if (penalties.size === 0) return graph
  const kept = nodes.filter((node) => !dropped.has(node))
  return { ...graph, nodes: kept.map((node) => withPenalties(node, penalties)) }
}

function withPenalties(node: Node, penalties: ReadonlyMap<Value, Penalized>): Node {
  const read = gradientsOf(node)
  if (read === undefined) return node
  const found = read.groups.flatMap((group, number): [number, Penalized][] => {
    const penalty = penalties.get(gradientOf(group))
    return penalty === undefined ? [] : [[number, penalty]]
  })
  if (found.length === 0) return node
  const groups = read.groups.map((group) => group.map((value) => penalties.get(value)?.gradient ?? value))
  return withGradients(node, { ...read, groups, penalties: new Map(found) })
}

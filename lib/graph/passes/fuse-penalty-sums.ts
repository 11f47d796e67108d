import { opcode } from '../../native/binding.js'
import type { Penalty } from '../../ops/gradient-groups.js'
import { sizeOf } from '../../tensor/shape.js'
import { gradientsOf, numbersOf, sumSquaresOp } from '../fused-ops.js'
import { changedValues, type Graph, type Node, type Value } from '../graph.js'
import { Aliases } from './node-order.js'

const clipFactors = opcode('clipFactors')

/**
 * Lets the clipping by a norm, which reads the parameters of penalized gradients, sum their squares too: the value of the penalty,
 * for the loss. What is made of the loss moves behind it.
 * @param finite stays where it is: what the step may change only once it is known to be finite may lie between
 */
export function fusePenaltySums(graph: Graph, finite?: Value): Graph {
  const aliases = new Aliases(graph)
  return graph.nodes.reduce((result, node) => fuseInto(result, node, aliases, finite), graph)
}

function fuseInto(graph: Graph, clip: Node, aliases: Aliases, finite?: Value): Graph {
  const penalties = penaltiesOf(clip)
  if (penalties.length === 0) return graph
  const { nodes } = graph
  const at = nodes.indexOf(clip)
  const sums = penalties.map(({ parameter }) => nodes.slice(0, at).find((node) => sumsSquaresOf(node, parameter)))
  if (!sums.every((sum) => sum !== undefined) || new Set(sums).size < penalties.length) return graph

  const gone = new Set<Node>(sums)
  const late = new Set<Node>()
  const lateValues = new Set(sums.flatMap(({ outputs }) => outputs))
  for (const node of nodes.slice(0, at + 1)) {
    if (gone.has(node) || !node.inputs.some((input) => lateValues.has(input))) continue
    late.add(node)
    for (const output of node.outputs) lateValues.add(output)
  }
  if (late.has(clip) || (finite !== undefined && lateValues.has(finite))) return graph
  for (const node of [...sums, ...late]) {
    const passed = nodes.slice(nodes.indexOf(node) + 1, at + 1).filter((other) => !late.has(other))
    const changed = changedValues(node)
    if (passed.some((other) => aliases.changes(other, node.inputs) || aliases.overlap(changed, other.inputs)))
      return graph
  }
  const summing = Object.freeze({ ...clip, outputs: [...clip.outputs, ...sums.flatMap(({ outputs }) => outputs)] })
  const early = nodes.slice(0, at).filter((node) => !gone.has(node) && !late.has(node))
  return { ...graph, nodes: [...early, summing, ...late, ...nodes.slice(at + 1)] }
}

/** In the order of their gradients; empty for a node that does not clip. */
const penaltiesOf = (node: Node): Penalty<Value>[] =>
  node.op.opcode === clipFactors ? [...(gradientsOf(node)?.penalties.values() ?? [])] : []

const sumsSquaresOf = (node: Node, parameter: Value): boolean =>
  node.op.opcode === sumSquaresOp.opcode &&
  node.inputs[0] === parameter &&
  numbersOf(node).join() === [1, sizeOf(parameter.shape), 1].join()

import { execute } from '../../tensor/execute.js'
import { Parameter } from '../../tensor/parameter.js'
import { track } from '../../tensor/scope.js'
import type { Tensor } from '../../tensor/tensor.js'
import { changedValues, type Graph, type Node, substitute, type Value } from '../graph.js'

/**
 * Computes now what depends on constants only.
 * @param constants takes the results, whose owner frees them with the graph
 */
export function foldConstants(graph: Graph, constants: Tensor[]): Graph {
  const changed = new Set(graph.nodes.flatMap(changedValues))
  const known = new Map<Value, Value>()
  const constant = (value: Value): Tensor | undefined => {
    const { tensor } = known.get(value) ?? value
    return tensor === undefined || tensor instanceof Parameter || changed.has(value) ? undefined : tensor
  }
  const nodes = graph.nodes.filter((node) => {
    if (node.op.perStep || node.op.mutates !== undefined) return true
    const inputs = node.inputs.map(constant)
    if (!inputs.every((input) => input !== undefined)) return true
    fold(node, inputs).forEach((tensor, i) => {
      constants.push(tensor)
      const output = node.outputs[i] as Value
      known.set(output, Object.freeze({ ...output, tensor }))
    })
    return false
  })
  return substitute({ ...graph, nodes }, known)
}

function fold({ op, attrs, outputs }: Node, inputs: readonly Tensor[]): Tensor[] {
  const [first] = inputs
  const [{ shape }] = outputs as [Value]
  const results = op.opcode < 0 && first !== undefined ? [first.alias(shape)] : execute(op, inputs, attrs)
  for (const result of results) track(result, null)
  return results
}

import { sameShape } from '../../tensor/shape.js'
import { fusedNode, isProduct, matmulUpdateOp, numbersOf, updateOf } from '../fused-ops.js'
import type { Graph, Node, Value } from '../graph.js'
import { countReaders, Memory } from './fuse-order.js'

/**
 * Lets the product that computes a parameter's gradient update the parameter at once, block by block, while the gradient is in
 * the cache. That is for gradients with one producer and one reader: those of tied weights are sums, clipped ones are scaled,
 * and a gradient that is an output has to exist.
 * @param mustBeFinite a value before which no parameter may change
 */
export function fuseUpdates(graph: Graph, mustBeFinite?: Value): Graph {
  const readers = countReaders(graph)
  const memory = new Memory(graph)
  let nodes = graph.nodes
  for (const update of graph.nodes) {
    const rule = updateOf(update)
    // A clipped gradient is scaled by a norm that is known only when all of it is there.
    if (rule === undefined || rule.scaled) continue
    const unfused: Value[] = []
    for (let first = 0; first < update.inputs.length; first += rule.group) {
      const group = update.inputs.slice(first, first + rule.group)
      const [parameter, gradient, ...slots] = group as [Value, Value, ...Value[]]
      const changed = [parameter, ...slots]
      const from = nodes.findIndex(({ outputs }) => outputs.includes(gradient))
      const product = nodes[from]
      const others = update.inputs.filter((_, i) => i < first || i >= first + rule.group)
      const fits =
        product !== undefined &&
        isPlainProduct(product, parameter) &&
        readers.get(gradient) === 1 &&
        !memory.meet(changed, [...others, ...product.inputs]) &&
        !changed.some((value, i) => memory.meet([value], changed.slice(i + 1)))
      const to = fits ? placeOf({ nodes, from, update: nodes.indexOf(update), changed, mustBeFinite }, memory) : -1
      if (product === undefined || to < 0) {
        unfused.push(...group)
        continue
      }
      const attrs = { transposes: numbersOf(product).slice(0, 2), rule: rule.rule, numbers: rule.numbers }
      const fused = fusedNode(matmulUpdateOp, attrs, [...product.inputs, ...changed], [])
      nodes = nodes.flatMap((node, i) => [...(i === to ? [fused] : []), ...(i === from ? [] : [node])])
    }
    if (unfused.length === update.inputs.length) continue
    const rest = unfused.length === 0 ? [] : [Object.freeze({ ...update, inputs: unfused })]
    nodes = nodes.flatMap((node) => (node === update ? rest : [node]))
  }
  return nodes === graph.nodes ? graph : { ...graph, nodes }
}

/** A product of two matrices with nothing added, of the parameter's shape. */
function isPlainProduct(node: Node, parameter: Value): boolean {
  const { inputs, outputs } = node
  return (
    isProduct(node) &&
    inputs.length === 2 &&
    inputs.every(({ shape }) => shape.length === 2) &&
    numbersOf(node)[2] === 0 &&
    sameShape((outputs[0] as Value).shape, parameter.shape)
  )
}

interface Candidate {
  nodes: readonly Node[]
  /** The places of the product and of the update. */
  from: number
  update: number
  changed: readonly Value[]
  mustBeFinite: Value | undefined
}

/**
 * Where the fused node can stand: in the product's place, which ends the lives of what it reads, if nobody reads the old
 * parameter after that; else in the update's, if what the product reads is still the same there; else nowhere, −1.
 */
function placeOf({ nodes, from, update, changed, mustBeFinite }: Candidate, memory: Memory): number {
  const between = nodes.slice(from + 1, update)
  const tooEarly = between.some(
    ({ inputs, outputs }) => memory.meet(changed, inputs) || outputs.some((output) => output === mustBeFinite),
  )
  if (!tooEarly) return from
  const { inputs } = nodes[from] as Node
  return between.some((node) => memory.changes(node, inputs)) ? -1 : update
}

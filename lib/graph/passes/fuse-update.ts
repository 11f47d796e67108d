import { sameShape } from '../../tensor/shape.js'
import { fusedNode, isActivated, isProduct, matmulUpdateOp, numbersOf, updateOf, withGradients } from '../fused-ops.js'
import { type Graph, isView, type Node, type Value } from '../graph.js'
import { Aliases, countReaders } from './node-order.js'
import { labelOf, withNotes } from './notes.js'

/**
 * Lets the product that computes a parameter's gradient update the parameter at once, block by block, while the gradient is in
 * the cache. That is for gradients with one producer and one reader: those of tied weights are sums, clipped ones are scaled,
 * and a gradient that is an output has to exist.
 * @param mustBeFinite a value before which no parameter may change
 */
export function fuseUpdates(graph: Graph, mustBeFinite?: Value): Graph {
  const readers = countReaders(graph)
  const aliases = new Aliases(graph)
  const notes: string[] = []
  let nodes = graph.nodes
  for (const update of graph.nodes) {
    const rule = updateOf(update)
    if (rule === undefined) continue
    const unfused: (readonly Value[])[] = []
    for (const group of rule.groups) {
      const [parameter, gradient, ...slots] = group as [Value, Value, ...Value[]]
      const changed = [parameter, ...slots]
      const from = nodes.findIndex(({ outputs }) => outputs.includes(gradient))
      const product = nodes[from]
      const why = (): string | null => {
        if (product === undefined) return 'the gradient is given, not computed'
        // A clipped gradient is scaled by a norm that is known only when all of it is there.
        if (rule.factors !== null) return 'the gradient is clipped by a norm'
        const unfit = whyNoPlainProduct(product, parameter)
        if (unfit !== null) return unfit
        if (graph.outputs.includes(gradient)) return 'the gradient is an output'
        if (readers.get(gradient) !== 1) return 'the gradient has another reader'
        if (aliases.overlap(changed, product.inputs)) return 'the product reads the parameter, or may'
        const twice = changed.some((value, i) => aliases.overlap([value], changed.slice(i + 1)))
        const others = rule.groups.filter((other) => other !== group)
        return twice || others.some((other) => aliases.overlap(changed, other))
          ? 'the parameter occurs twice in the update'
          : null
      }
      const hindrance = why()
      const place =
        hindrance === null
          ? placeOf({ nodes, from, update: nodes.indexOf(update), changed, mustBeFinite }, aliases)
          : { at: -1, why: hindrance }
      if (product === undefined || place.at < 0) {
        if (product !== undefined && comesOfProduct(product, graph))
          notes.push(`not fused: the update of ${labelOf(parameter)} into the product of its gradient: ${place.why}`)
        unfused.push(group)
        continue
      }
      const to = place.at
      const attrs = { transposes: numbersOf(product).slice(0, 2), rule: rule.rule, numbers: rule.numbers }
      const fused = fusedNode(matmulUpdateOp, attrs, [...product.inputs, ...changed], [])
      nodes = nodes.flatMap((node, i) => [...(i === to ? [fused] : []), ...(i === from ? [] : [node])])
    }
    if (unfused.length === rule.groups.length) continue
    const rest = unfused.length === 0 ? [] : [withGradients(update, { ...rule, groups: unfused })]
    nodes = nodes.flatMap((node) => (node === update ? rest : [node]))
  }
  return withNotes(nodes === graph.nodes ? graph : { ...graph, nodes }, notes)
}

/** The reason why a node is not a product of two matrices with nothing added, of the parameter's shape; null if it is one. */
function whyNoPlainProduct(node: Node, parameter: Value): string | null {
  const { op, inputs, outputs } = node
  if (!isProduct(node)) return `the gradient comes out of ${op.name}, not straight out of a product`
  if (inputs.length !== 2 || isActivated(node)) return 'the product has a bias or an activation'
  if (inputs.some(({ shape }) => shape.length !== 2)) return 'the product is not one of two matrices'
  return sameShape((outputs[0] as Value).shape, parameter.shape) ? null : 'the product has another shape'
}

/** Whether a node is a product, or gives one in another shape or element by element. */
function comesOfProduct(node: Node, graph: Graph): boolean {
  if (isProduct(node)) return true
  if (node.op.elementwise !== true && !isView(node)) return false
  return graph.nodes.some(
    (other) => node.inputs.some((input) => other.outputs.includes(input)) && comesOfProduct(other, graph),
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
 * parameter after that; else in the update's, if what the product reads is still the same there; else nowhere, −1, and why.
 */
function placeOf(candidate: Candidate, aliases: Aliases): { at: number; why: string } {
  const { nodes, from, update, changed, mustBeFinite } = candidate
  const between = nodes.slice(from + 1, update)
  const isRead = between.some(({ inputs }) => aliases.overlap(changed, inputs))
  const isTested = between.some(({ outputs }) => outputs.some((output) => output === mustBeFinite))
  if (!isRead && !isTested) return { at: from, why: '' }
  const { inputs } = nodes[from] as Node
  if (!between.some((node) => aliases.changes(node, inputs))) return { at: update, why: '' }
  const late = isRead ? 'the parameter is read later' : 'the loss must be finite first'
  return { at: -1, why: `${late}, and by then what the product reads has changed` }
}

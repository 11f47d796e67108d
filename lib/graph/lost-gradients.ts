import type { Node, Value } from './graph.js'

/** An application that ends the way back: an op without a gradient, or whose result carries none, and the layer it is in. */
export interface DeadEnd {
  node: Node
  layer: string | null
}

/**
 * Which of some values the loss depends on only through dead ends, and through which: there a gradient is lost that nobody meant
 * to lose. What is cut off on purpose, by `detach` or `noGrad`, is not counted.
 * @param cut the nodes that were cut off on purpose
 * @param without the values that no gradient reached
 */
export function lostGradients(
  nodes: readonly Node[],
  cut: ReadonlySet<Node>,
  deadEnds: readonly DeadEnd[],
  loss: Value,
  without: readonly Value[],
): { value: Value; deadEnds: DeadEnd[] }[] {
  const producers = new Map(nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)))
  /** All values that some are computed from. */
  const origins = (values: readonly Value[]): Set<Value> => {
    const found = new Set(values)
    for (const value of found) {
      const node = producers.get(value)
      if (node !== undefined && !cut.has(node)) for (const input of node.inputs) found.add(input)
    }
    return found
  }
  const ofLoss = origins([loss])
  const onTheWay = deadEnds
    .filter(({ node }) => node.outputs.some((output) => ofLoss.has(output)))
    .map((deadEnd) => ({ deadEnd, from: origins(deadEnd.node.inputs) }))
  return without.flatMap((value) => {
    const found = onTheWay.filter(({ from }) => from.has(value)).map(({ deadEnd }) => deadEnd)
    return found.length === 0 ? [] : [{ value, deadEnds: found }]
  })
}

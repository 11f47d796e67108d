import { Parameter } from '../../tensor/parameter.js'
import { changedValues, type Graph, type Node, type Value } from '../graph.js'
import { bytesOf, Storages } from '../storage.js'

// Readers, places and aliases of values: knowledge that a pass needs before it moves a node.

/** How often each value is read; being an output of the graph is one more reading. */
export function countReaders({ nodes, outputs }: Graph): Map<Value, number> {
  const count = new Map<Value, number>()
  const read = (value: Value): void => {
    count.set(value, (count.get(value) ?? 0) + 1)
  }
  for (const { inputs } of nodes) inputs.forEach(read)
  outputs.forEach(read)
  return count
}

/** Where in the list the node is that makes a value. */
export const placesOf = ({ nodes }: Graph): Map<Value, number> =>
  new Map(nodes.flatMap(({ outputs }, place) => outputs.map((output) => [output, place] as const)))

/** Values that may lie in the same memory, by which nodes may pass each other or not. */
export class Aliases {
  private readonly storages: Storages
  private readonly inputs: ReadonlySet<Value>

  constructor(graph: Graph) {
    this.storages = new Storages(graph)
    this.inputs = new Set(graph.inputs)
  }

  /** Whether any of some values may share memory with any of others. */
  overlap(some: readonly Value[], others: readonly Value[]): boolean {
    return some.some((a) => others.some((b) => this.mayShare(a, b)))
  }

  /** Whether a node changes what may lie in the memory of some values. */
  changes(node: Node, values: readonly Value[]): boolean {
    return node.op.mutates !== undefined && this.overlap(changedValues(node), values)
  }

  /** Values from outside may be further handles on a parameter; they have the parameter's size then. */
  private mayShare(a: Value, b: Value): boolean {
    const x = this.storages.root(a)
    const y = this.storages.root(b)
    if (x === y) return true
    if (!this.isOutside(x) || !this.isOutside(y)) return false
    if (x.tensor instanceof Parameter && y.tensor instanceof Parameter) return x.tensor.base === y.tensor.base
    return bytesOf(x) === bytesOf(y)
  }

  private isOutside(value: Value): boolean {
    return value.tensor !== undefined || this.inputs.has(value)
  }
}

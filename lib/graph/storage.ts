import { dtypeBytes } from '../tensor/dtype.js'
import { sizeOf } from '../tensor/shape.js'
import { type Graph, isView, type Node, type Value } from './graph.js'

/** Which values share memory: a view with what it is a view of, a result with the input whose place it takes. */
export class Storages {
  private readonly above = new Map<Value, Value>()

  constructor(graph: Graph) {
    for (const node of graph.nodes) {
      if (isView(node)) this.above.set(node.outputs[0] as Value, node.inputs[0] as Value)
    }
  }

  /** The value that stands for the memory. */
  root(value: Value): Value {
    let result = value
    for (let next = this.above.get(result); next !== undefined; next = this.above.get(result)) result = next
    return result
  }

  /** Lets a value live where another does. */
  join(value: Value, place: Value): void {
    this.above.set(this.root(value), this.root(place))
  }
}

export const bytesOf = ({ shape, dtype }: Value): number => sizeOf(shape) * dtypeBytes(dtype)

/** The nodes that compute something: views do not. */
export const instructionsOf = (graph: Graph): readonly Node[] => graph.nodes.filter((node) => !isView(node))

import { opcode } from '../../native/binding.js'
import { Parameter } from '../../tensor/parameter.js'
import { sameShape } from '../../tensor/shape.js'
import { fusedNode, gatherOp, isGather, numbersOf } from '../fused-ops.js'
import { changedValues, type Graph, isView, type Node, substitute, type Value } from '../graph.js'
import { countReaders } from './node-order.js'

const mul = opcode('mul')
const scalePlace = 3

/**
 * Multiplies a batch of bytes by a constant while it is gathered: a data set in uint8 under a rescaling layer. A byte times 1
 * is exact, so the bits are those of the two ops.
 */
export function fuseGatherScale(graph: Graph): Graph {
  const readers = countReaders(graph)
  const changed = new Set(graph.nodes.flatMap(changedValues))
  const producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)))
  const scaled = new Map<Node, Node>()
  const dropped = new Set<Node>()
  const replaced = new Map<Value, Value>()

  const fuse = (node: Node, x: Value, factor: Value): boolean => {
    const scale = changed.has(factor) ? undefined : constantScalar(factor)
    const { outputs } = node
    const [y] = outputs as [Value]
    if (scale === undefined || !sameShape(x.shape, y.shape)) return false
    const gather = gatherBehind(x, producers, readers)
    if (gather === undefined) return false
    const numbers = numbersOf(gather)
    const [rows] = gather.outputs as [Value]
    if (numbers[scalePlace] !== 1) return false
    const attrs = { numbers: [...numbers.slice(0, scalePlace), scale], spec: rows }
    scaled.set(gather, fusedNode(gatherOp, attrs, gather.inputs, gather.outputs))
    dropped.add(node)
    replaced.set(y, x)
    return true
  }

  for (const node of graph.nodes) {
    if (node.op.opcode !== mul) continue
    const [a, b] = node.inputs as [Value, Value]
    if (!fuse(node, a, b)) fuse(node, b, a)
  }
  if (scaled.size === 0) return graph
  const nodes = graph.nodes.filter((node) => !dropped.has(node)).map((node) => scaled.get(node) ?? node)
  return substitute({ ...graph, nodes }, replaced)
}

function constantScalar({ tensor, dtype }: Value): number | undefined {
  if (tensor === undefined || tensor instanceof Parameter || tensor.size !== 1 || dtype !== 'float32') return undefined
  const scale = tensor.item()
  return Number.isFinite(scale) ? scale : undefined
}

/** The gather whose rows a value holds, maybe in another shape, if nothing else reads them. */
function gatherBehind(
  x: Value,
  producers: ReadonlyMap<Value, Node>,
  readers: ReadonlyMap<Value, number>,
): Node | undefined {
  if (readers.get(x) !== 1) return undefined
  const producer = producers.get(x)
  if (producer === undefined || isGather(producer)) return producer
  return isView(producer) ? gatherBehind(producer.inputs[0] as Value, producers, readers) : undefined
}

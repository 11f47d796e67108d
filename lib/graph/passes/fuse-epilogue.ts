import { opcode } from '../../native/binding.js'
import { sameShape } from '../../tensor/shape.js'
import { fusedNode, isProduct, numbersOf, productOp } from '../fused-ops.js'
import type { Graph, Node, Value } from '../graph.js'
import { countReaders, Memory } from './fuse-order.js'

const add = opcode('add')
const [activationPlace, alphaPlace] = [2, 3]

/** The activations that a product can apply, by opcode; the codes are those of native/ops/activation.h. */
const activations = new Map(
  Object.entries({ relu: 1, leakyRelu: 2, elu: 3, selu: 4, sigmoid: 5, tanh: 6, softplus: 7, gelu: 8 }).map(
    ([name, code]) => [opcode(name), code],
  ),
)

/** Adds a bias and applies an activation in the product that comes before them, if nothing else reads what lies between. */
export function fuseEpilogues(graph: Graph): Graph {
  const readers = countReaders(graph)
  const memory = new Memory(graph)
  const nodes: (Node | null)[] = []
  const places = new Map<Value, number>()
  for (const node of graph.nodes) {
    const [x] = node.inputs
    const from = x === undefined || readers.get(x) !== 1 ? undefined : places.get(x)
    const product = from === undefined ? null : (nodes[from] as Node | null)
    const joined = product === null ? null : join(product, node)
    const movable =
      joined !== null &&
      !nodes.slice((from as number) + 1).some((later) => later !== null && memory.changes(later, joined.inputs))
    if (movable) nodes[from as number] = null
    const now = movable ? joined : node
    for (const output of now.outputs) places.set(output, nodes.length)
    nodes.push(now)
  }
  return { ...graph, nodes: nodes.filter((node) => node !== null) }
}

/** A product together with the node that reads it, where one instruction does both. */
function join(product: Node, { op, inputs, outputs, attrs }: Node): Node | null {
  if (!isProduct(product)) return null
  const [y] = product.outputs as [Value]
  const [result] = outputs
  const numbers = numbersOf(product)
  if (result === undefined || numbers[activationPlace] !== 0 || !sameShape(y.shape, result.shape)) return null
  if (op.opcode === add) {
    const bias = inputs[1] as Value
    const fits =
      product.inputs.length === 2 && bias.shape.length === 1 && bias.shape[0] === y.shape.at(-1) && bias !== y
    return fits ? fusedNode(productOp, { numbers, spec: result }, [...product.inputs, bias], outputs) : null
  }
  const activation = activations.get(op.opcode)
  if (activation === undefined) return null
  const [alpha = 1] = op.encode?.(attrs, 0) ?? []
  const applied = numbers.map((n, i) => (i === activationPlace ? activation : i === alphaPlace ? alpha : n))
  return fusedNode(productOp, { numbers: applied, spec: result }, product.inputs, outputs)
}

import { native, opcode } from '../../native/binding.js'
import { sameShape } from '../../tensor/shape.js'
import { activationPlace, alphaPlace, fusedNode, isActivated, isProduct, numbersOf, productOp } from '../fused-ops.js'
import type { Graph, Node, Value } from '../graph.js'
import { Aliases, countReaders } from './node-order.js'
import { labelOf, withNotes } from './notes.js'

const add = opcode('add')

/** The codes of the activations that a product can apply, by opcode. */
const { linear: _, ...applicable } = native.activations
const activations = new Map(Object.entries(applicable).map(([name, code]) => [opcode(name), code]))

/** Adds a bias and applies an activation in the product that comes before them, if nothing else reads what lies between. */
export function fuseEpilogues(graph: Graph): Graph {
  const readers = countReaders(graph)
  const aliases = new Aliases(graph)
  const nodes: (Node | null)[] = []
  const places = new Map<Value, number>()
  const notes: string[] = []
  for (const node of graph.nodes) {
    const [x] = node.inputs
    const from = x === undefined ? undefined : places.get(x)
    const product = from === undefined ? null : (nodes[from] as Node | null)
    let now = node
    if (x !== undefined && from !== undefined && product !== null && isProduct(product) && canJoin(node)) {
      const joined = readers.get(x) === 1 ? join(product, node) : 'it has another reader'
      const inputs = typeof joined === 'string' ? [] : joined.inputs
      if (
        typeof joined === 'string' ||
        nodes.slice(from + 1).some((later) => later !== null && aliases.changes(later, inputs))
      ) {
        const why = typeof joined === 'string' ? joined : 'what it reads changes in between'
        notes.push(`not fused: ${node.op.name} into the product ${labelOf(x)}: ${why}`)
      } else {
        nodes[from] = null
        now = joined
      }
    }
    for (const output of now.outputs) places.set(output, nodes.length)
    nodes.push(now)
  }
  return withNotes({ ...graph, nodes: nodes.filter((node) => node !== null) }, notes)
}

const canJoin = ({ op }: Node): boolean => op.opcode === add || activations.has(op.opcode)

/** A product together with the bias or the activation that reads it; where one instruction cannot do both, why. */
function join(product: Node, { op, inputs, outputs, attrs }: Node): Node | string {
  const [y] = product.outputs as [Value]
  const [result] = outputs as [Value]
  const numbers = numbersOf(product)
  if (isActivated(product)) return 'it applies an activation already'
  if (!sameShape(y.shape, result.shape)) return 'the result has another shape'
  if (op.opcode === add) {
    const bias = inputs[1] as Value
    if (product.inputs.length !== 2) return 'it adds a bias already'
    if (bias.shape.length !== 1 || bias.shape[0] !== y.shape.at(-1))
      return 'what is added is no bias, one row as wide as the product'
    return fusedNode(productOp, { numbers, spec: result }, [...product.inputs, bias], outputs)
  }
  const activation = activations.get(op.opcode) as number
  const [alpha = 1] = op.encode?.(attrs, 0) ?? []
  const applied = numbers.map((n, i) => (i === activationPlace ? activation : i === alphaPlace ? alpha : n))
  return fusedNode(productOp, { numbers: applied, spec: result }, product.inputs, outputs)
}

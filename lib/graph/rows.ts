import { resizeRows } from '../ops/define.js'
import { sizeOf } from '../tensor/shape.js'
import { type Graph, isView, type Node, type Value } from './graph.js'
import { removeDeadCode } from './passes/dead-code.js'

/** A graph in which no row (along axis 0) depends on another, so that some of its rows can be computed without the rest. */
export interface RowWise {
  /** How many elements of each row the widest value has. */
  readonly width: number
  /** The graph for so many rows: bit for bit what it computes of them among others. */
  take(rows: number): Graph
}

/** @returns null where a row may depend on others, as wherever an op does not say that it does not, or on random draws */
export function rowWise(traced: Graph): RowWise | null {
  const graph = removeDeadCode(traced)
  const rows = graph.inputs[0]?.shape[0] ?? 0
  // Of a single one it cannot be told which sizes of 1 count rows. Draws count steps, those of dead code, too.
  if (rows < 2 || traced.nodes.some(({ op }) => op.perStep === true || op.mutates !== undefined)) return null
  const rowed = rowedValues(graph, rows)
  if (rowed === null) return null
  const width = Math.max(...[...rowed].map(({ shape }) => sizeOf(shape) / rows))
  return { width, take: (some) => resize(graph, rowed, some, rows) }
}

/** All values that depend on inputs: each has the same number of rows for each of the inputs' rows, in their order. Or null. */
function rowedValues({ inputs, nodes, outputs }: Graph, rows: number): ReadonlySet<Value> | null {
  const rowed = new Set(inputs)
  for (const node of nodes) {
    const which = node.inputs.map((input) => rowed.has(input))
    if (!which.includes(true)) continue
    if (!keepsRows(node, which) || !node.outputs.every(({ shape }) => (shape[0] ?? 1) % rows === 0)) return null
    for (const output of node.outputs) rowed.add(output)
  }
  return outputs.every((output) => rowed.has(output)) ? rowed : null
}

const keepsRows = (node: Node, rowed: readonly boolean[]): boolean =>
  isView(node) || node.op.rowWise?.(node.inputs, node.attrs, rowed) === true

function resize(graph: Graph, rowed: ReadonlySet<Value>, rows: number, of: number): Graph {
  const known = new Map<Value, Value>()
  const resized = (value: Value): Value => {
    if (!rowed.has(value)) return value
    const result = known.get(value) ?? Object.freeze({ ...value, shape: resizeRows(value.shape, rows, of) })
    known.set(value, result)
    return result
  }
  const nodes = graph.nodes.map((node) => {
    if (!node.inputs.some((input) => rowed.has(input))) return node
    const attrs = node.op.forRows?.(node.attrs, rows, of) ?? node.attrs
    return Object.freeze({ ...node, attrs, inputs: node.inputs.map(resized), outputs: node.outputs.map(resized) })
  })
  return { ...graph, inputs: graph.inputs.map(resized), nodes, outputs: graph.outputs.map(resized) }
}

import { formatShape } from '../tensor/shape.js'
import type { Node, Value } from './graph.js'
import type { PlacedGraph } from './placed-graph.js'
import { bytesOf, instructionsOf } from './storage.js'

/**
 * A plan as text: an instruction a line, with the values that it reads and writes and where these lie; then why products were
 * not joined with the bias, the activation or the update that takes their result.
 * @param microseconds of each instruction in a step, where that was measured
 */
export function explain(placed: PlacedGraph, microseconds: readonly number[]): string {
  const { graph, memory } = placed
  const instructions = instructionsOf(graph)
  const time = (i: number): string =>
    microseconds.length === 0 ? '' : `${microseconds[i]?.toFixed(1).padStart(8)} µs  `
  const lines = instructions.map((node, i) => `${String(i).padStart(4)}  ${time(i)}${describe(node, placed)}`)
  const arena = `arena ${memory.bytes.toLocaleString('en')} bytes, largest live set ${memory.largestLiveSet.toLocaleString('en')}`
  return [`${instructions.length} instructions, ${arena}`, ...lines, ...(graph.notes ?? [])].join('\n')
}

function describe({ op, attrs, inputs, outputs }: Node, placed: PlacedGraph): string {
  const numbers = op.encode?.(attrs, 0) ?? []
  const results = outputs.length === 0 ? '' : `${outputs.map((value) => place(value, placed)).join(', ')} = `
  const given = inputs.map((value) => name(value, placed)).join(', ')
  return `${results}${op.name}(${given})${numbers.length === 0 ? '' : ` {${numbers.join(', ')}}`}`
}

function place(value: Value, placed: PlacedGraph): string {
  const offset = placed.memory.offsets.get(placed.storages.root(value))
  const outside = value.tensor === undefined ? 'output' : 'in place'
  const where = offset === undefined ? outside : `@${offset}`
  return `${name(value, placed)} ${value.dtype} ${formatShape(value.shape)} ${bytesOf(value).toLocaleString('en')} B ${where}`
}

function name(value: Value, { graph }: PlacedGraph): string {
  if (value.tensor !== undefined) {
    const { tensor } = value
    return 'name' in tensor ? `"${String(tensor.name)}"` : `constant${formatShape(value.shape)}`
  }
  const input = graph.inputs.indexOf(value)
  return input < 0 ? `%${value.id}` : `input${input}`
}

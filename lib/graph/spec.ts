import { codesOf } from '../native/binding.js'
import { dtypeCodes } from '../tensor/dtype.js'
import { changedValues, type Node, type Value } from './graph.js'
import type { PlacedGraph } from './placed-graph.js'
import { instructionsOf } from './storage.js'

/** Inputs that a run of several steps walks through, by value: how many elements each step is further on. */
export type Strides = ReadonlyMap<Value, number>

/** A placed graph as one array of numbers, the way it crosses to C++; native/plan/plan.h has the layout. */
export function encodeSpec(placed: PlacedGraph, strides: Strides, mustBeFinite: Value | null): Float64Array {
  const { graph, memory, bindings } = placed
  const instructions = instructionsOf(graph)
  const numbers: number[] = []
  const ids = encodeBuffers(placed, strides, numbers)
  let columns = 0
  for (const node of instructions) {
    const attrs = node.op.encode?.(node.attrs, 0) ?? []
    const { inputs, outputs } = node
    const flags = outputs[0] !== undefined && outputs[0] === mustBeFinite ? 1 : 0
    numbers.push(node.op.opcode, inputs.length, outputs.length, attrs.length, flags)
    for (const value of [...inputs, ...outputs]) numbers.push(ids.get(value) as number)
    for (const number of attrs) numbers.push(number)
    const patched = node.op.perStep === true ? attrs.length : 0
    numbers.push(patched)
    for (let i = 0; i < patched; i++) numbers.push(i, columns++)
  }
  return Float64Array.from([version, ids.size, instructions.length, memory.bytes, bindings.length, columns, ...numbers])
}

/** The layout that is written here. An addon of another refuses it, which is why this one is not the addon's to tell. */
const version = 1

/** The parameters and other tensors that a run changes. */
export const changedTensors = (nodes: readonly Node[]): Set<Value> => new Set(nodes.flatMap(changedValues))

const kinds = codesOf('buffer kind', ['arena', 'binding', 'stepped'])

function encodeBuffers(placed: PlacedGraph, strides: Strides, numbers: number[]): Map<Value, number> {
  const { graph, storages, memory, bindings } = placed
  const bindingOf = new Map(bindings.map((value, i) => [value, i]))
  const ids = new Map<Value, number>()
  for (const { inputs, outputs } of instructionsOf(graph)) {
    for (const value of [...inputs, ...outputs]) {
      if (ids.has(value)) continue
      ids.set(value, ids.size)
      const root = storages.root(value)
      const binding = bindingOf.get(root)
      const stride = strides.get(root)
      const kind = binding === undefined ? kinds.arena : stride === undefined ? kinds.binding : kinds.stepped
      numbers.push(kind, dtypeCodes[value.dtype], value.shape.length, ...value.shape)
      numbers.push(binding ?? (memory.offsets.get(root) as number))
      if (stride !== undefined) numbers.push(stride)
    }
  }
  return ids
}

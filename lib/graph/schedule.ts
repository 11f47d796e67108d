import type { Graph, Value } from './graph.js'
import { type MemoryPlan, planMemory } from './memory.js'
import { reuseInPlace } from './passes/in-place.js'
import { Storages } from './storage.js'

/** A graph with a place for every value. */
export interface Schedule {
  graph: Graph
  storages: Storages
  memory: MemoryPlan
  /** The values that a run brings along, by root: inputs, then constants and parameters, then outputs that are computed. */
  bindings: readonly Value[]
}

export function schedule(graph: Graph): Schedule {
  const storages = new Storages(graph)
  const bindings = new Set<Value>(graph.inputs)
  for (const { inputs } of graph.nodes) for (const input of inputs) if (input.tensor !== undefined) bindings.add(input)
  for (const output of graph.outputs) bindings.add(storages.root(output))
  reuseInPlace(graph, storages, bindings)
  return { graph, storages, memory: planMemory(graph, storages, bindings), bindings: [...bindings] }
}

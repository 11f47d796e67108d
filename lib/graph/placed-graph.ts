import type { Graph, Value } from './graph.js'
import { type MemoryPlan, planMemory } from './memory.js'
import { reuseInPlace } from './passes/in-place.js'
import { Storages } from './storage.js'

/** A graph with a place for every value. */
export interface PlacedGraph {
  graph: Graph
  storages: Storages
  memory: MemoryPlan
  /** The values that a run brings along, by root: inputs, then constants and parameters, then outputs that are computed. */
  bindings: readonly Value[]
}

/** Finds a place for every value: its own, that of an input, or in the arena. */
export function placeValues(graph: Graph): PlacedGraph {
  const storages = new Storages(graph)
  const bindings = new Set<Value>(graph.inputs)
  for (const { inputs } of graph.nodes) for (const input of inputs) if (input.tensor !== undefined) bindings.add(input)
  for (const output of graph.outputs) bindings.add(storages.root(output))
  reuseInPlace(graph, storages, bindings)
  return { graph, storages, memory: planMemory(graph, storages, bindings), bindings: [...bindings] }
}

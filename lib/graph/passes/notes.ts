import { Parameter } from '../../tensor/parameter.js'
import type { Graph, Value } from '../graph.js'

// A pass notes why it left two nodes apart that it could have joined; `explain()` tells.

export function withNotes(graph: Graph, notes: readonly string[]): Graph {
  return notes.length === 0 ? graph : { ...graph, notes: [...(graph.notes ?? []), ...notes] }
}

/** How a value is called: by its parameter's name, else by its number. */
export const labelOf = ({ id, tensor }: Value): string => (tensor instanceof Parameter ? `"${tensor.name}"` : `%${id}`)

import { sameShape } from '../../tensor/shape.js'
import type { Graph, Value } from '../graph.js'
import { bytesOf, instructionsOf, type Storages } from '../storage.js'

/**
 * Lets the result of an element-wise op take the place of an input that nothing reads afterwards.
 * @param fixed values whose place is not the arena's to give: inputs, parameters, constants, outputs
 */
export function reuseInPlace(graph: Graph, storages: Storages, fixed: ReadonlySet<Value>): void {
  const instructions = instructionsOf(graph)
  const lastRead = new Map<Value, number>()
  instructions.forEach(({ inputs }, i) => {
    for (const input of inputs) lastRead.set(storages.root(input), i)
  })
  instructions.forEach(({ op, inputs, outputs }, i) => {
    const [output] = outputs
    if (op.elementwise !== true || output === undefined || fixed.has(storages.root(output))) return
    const place = inputs.find((input) => {
      const root = storages.root(input)
      const fits = sameShape(input.shape, output.shape) && bytesOf(input) === bytesOf(output)
      return fits && !fixed.has(root) && lastRead.get(root) === i && bytesOf(root) === bytesOf(output)
    })
    if (place === undefined) return
    const root = storages.root(place)
    const end = lastRead.get(storages.root(output))
    storages.join(output, root)
    if (end !== undefined) lastRead.set(root, end)
  })
}

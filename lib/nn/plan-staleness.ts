import { ambient } from '../core/ambient.js'

/** What training can be told to leave alone: a layer, or a weight. */
export interface Freezable {
  readonly trainable: boolean
}

let changes = 0
let additions = 0
/** The answers of the layers that were asked whether they are frozen, where somebody watches. */
const reads = ambient<Map<Freezable, boolean> | null>(null)

/** Notes that compiled plans may have become stale: a layer was frozen or set free. */
export const noteLayerChange = (): void => {
  changes++
}

/** The same, since a layer was added to a model. */
export const noteLayerAddition = (): void => {
  changes++
  additions++
}

/** How often either was. */
export const layerChanges = (): number => changes

/** How often layers were added. */
export const layerAdditions = (): number => additions

/** Notes that what is computed depends on whether a layer is frozen. Returns what it says. */
export function noteTrainableRead(layer: Freezable, trainable: boolean): boolean {
  reads.value?.set(layer, trainable)
  return trainable
}

/** Runs fn, and notes which layers it asks whether they are frozen, with their answers. */
export function collectTrainableReads<T>(fn: () => T): { result: T; reads: Map<Freezable, boolean> } {
  const own = new Map<Freezable, boolean>()
  return { result: reads.run(own, fn), reads: own }
}

/** What training can be told to leave alone: a layer, or a weight. */
export interface Freezable {
  readonly trainable: boolean
}

let changes = 0
let additions = 0
let asked: Map<Freezable, boolean> | null = null

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
export function noteAsked(layer: Freezable, trainable: boolean): boolean {
  asked?.set(layer, trainable)
  return trainable
}

/** Runs fn, and notes which layers it asks whether they are frozen, and what they say. */
export function watchFrozen<T>(fn: () => T): { result: T; asked: Map<Freezable, boolean> } {
  const before = asked
  const own = new Map<Freezable, boolean>()
  asked = own
  try {
    return { result: fn(), asked: own }
  } finally {
    asked = before
  }
}

let changes = 0

/** Notes that compiled plans may have become stale: a layer was frozen, set free or added. */
export const noteLayerChange = (): void => {
  changes++
}

/** How often that was. */
export const layerChanges = (): number => changes

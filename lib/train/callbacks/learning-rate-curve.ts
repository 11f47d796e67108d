/** A step of a range test. */
export interface CurvePoint {
  learningRate: number
  /** The moving average, by which the test ends. */
  loss: number
  /** The loss of the batch alone. */
  batchLoss: number
}

/**
 * A picture of a range test, as text.
 * @param points at least one
 * @param marked a rate to mark, or null
 */
export type CurveDrawer = (points: readonly CurvePoint[], marked: number | null) => string

let drawer: CurveDrawer

/** Names what draws a curve; it lies floors above. */
export function setCurveDrawer(draw: CurveDrawer): void {
  drawer = draw
}

export const drawCurve: CurveDrawer = (points, marked) => drawer(points, marked)

import type { TensorSpec } from '../tensor/op.js'
import type { Shape } from '../tensor/shape.js'

// Which rows of its inputs a row of an op's output comes from: what `Op.rowWise` is for most ops.

/** Of ops that broadcast: rows are the output's first axis, along which all that has no rows is repeated. */
export function broadcastsRows(inputs: readonly TensorSpec[], _attrs: unknown, rowed: readonly boolean[]): boolean {
  const rank = Math.max(...inputs.map(({ shape }) => shape.length))
  return inputs.every(({ shape }, i) => (rowed[i] ? shape.length === rank : shape.length < rank || shape[0] === 1))
}

/** Of ops that work along the last axis of their first input, [rows, …, n]: on each row alike, if the others have none. */
export function mapsRows([x]: readonly TensorSpec[], _attrs: unknown, [first, ...others]: readonly boolean[]): boolean {
  return first === true && !others.includes(true) && x !== undefined && x.shape.length > 1
}

/** A shape where there are `rows` rows in the place of `of`, of which each may be several along axis 0. */
export const resizeRows = ([all = 0, ...rest]: Shape, rows: number, of: number): Shape => [(all / of) * rows, ...rest]

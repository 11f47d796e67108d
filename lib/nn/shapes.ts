import { listed } from '../core/show.js'
import { formatShape, type Shape, sameShape } from '../tensor/shape.js'

/** The shape of one sample, or for a layer that takes several inputs (or gives several outputs) a list of such shapes. */
export type Shapes = Shape | readonly Shape[]

/** Whether these are the shapes of several inputs. */
export const isShapeList = (shapes: Shapes): shapes is readonly Shape[] => Array.isArray(shapes[0])

/** One shape as a list of one. */
export const shapeList = (shapes: Shapes): readonly Shape[] => (isShapeList(shapes) ? shapes : [shapes])

export function sameShapes(a: Shapes, b: Shapes): boolean {
  if (!isShapeList(a)) return !isShapeList(b) && sameShape(a, b)
  return isShapeList(b) && a.length === b.length && a.every((shape, i) => sameShape(shape, b[i] as Shape))
}

/** `[2, 3]`; for a list `[2, 3], [4]`. */
export const formatShapes = (shapes: Shapes): string => listed(shapeList(shapes).map(formatShape), 8)

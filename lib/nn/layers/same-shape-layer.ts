import type { Shape } from '../../tensor/shape.js'
import { Layer } from '../layer.js'

/** A layer whose output has the input's shape: activations that are layers, layer normalization. */
export abstract class SameShapeLayer extends Layer {
  override computeOutputShape(inputShape: Shape): Shape {
    return this.sampleShape(inputShape)
  }
}

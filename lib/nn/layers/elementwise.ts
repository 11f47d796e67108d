import type { Shape } from '../../tensor/shape.js'
import { Layer } from '../layer.js'

/** What activations that are layers share: the output has the input's shape. */
export abstract class ElementwiseLayer extends Layer {
  override computeOutputShape(inputShape: Shape): Shape {
    return this.sampleShape(inputShape)
  }
}

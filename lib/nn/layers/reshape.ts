import { isListOf } from '../../core/kinds.js'
import { show } from '../../core/show.js'
import { reshape as reshapeOp } from '../../ops/index.js'
import { formatShape, type Shape, sizeOf } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import { Layer, type LayerOptions } from '../layer.js'
import type { OptionTable } from '../options.js'

export interface ReshapeOptions extends LayerOptions {
  /** Without the batch axis. One size may be −1: what is left for it. */
  targetShape: readonly number[]
}

/** Each sample's elements in another shape. */
export class Reshape extends Layer {
  static override readonly className = 'Reshape'
  static override readonly options = { targetShape: 'required' } satisfies OptionTable<ReshapeOptions, LayerOptions>
  readonly targetShape: Shape

  constructor(options: ReshapeOptions) {
    super(options)
    const { targetShape } = options
    const sizes = Array.isArray(targetShape) ? targetShape : [undefined]
    const open = sizes.filter((n) => n === -1).length
    if (open > 1 || !isListOf(sizes, (n) => n === -1 || (Number.isInteger(n) && (n as number) > 0)))
      throw this.wrong(
        `targetShape must be an array of positive whole numbers without the batch axis, one of which may be -1; got ${show(targetShape)}`,
      )
    this.targetShape = [...targetShape]
  }

  override call(x: Tensor): Tensor {
    return reshapeOp(x, [this.batchOf(x), ...this.computeOutputShape(x.shape.slice(1))])
  }

  override computeOutputShape(inputShape: Shape): Shape {
    const size = sizeOf(this.sampleShape(inputShape))
    const rest = sizeOf(this.targetShape.filter((n) => n !== -1))
    const shape = this.targetShape.map((n) => (n === -1 ? size / rest : n))
    if (sizeOf(shape) === size && shape.every(Number.isInteger)) return shape
    throw this.misshapen(
      `inputs of ${formatShape(inputShape)} have ${size} elements, which do not fill ${formatShape(this.targetShape)}`,
    )
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), targetShape: this.targetShape }
  }
}

/** Each sample's elements in another shape. */
export const reshape = (options: ReshapeOptions): Reshape => new Reshape(options)

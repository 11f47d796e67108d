import { wrong } from '../../core/check.js'
import { isListOf } from '../../core/kinds.js'
import { required, type Schema, type ValuesOf } from '../../core/schema.js'
import { show } from '../../core/show.js'
import { reshape as reshapeOp } from '../../ops/index.js'
import { formatShape, type Shape, sizeOf } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import { Layer, type LayerOptions } from '../layer.js'

export interface ReshapeOptions extends LayerOptions {
  /** Without the batch axis. One size may be −1: what is left for it. */
  targetShape: readonly number[]
}

function checkTargetShape(where: string, option: string, given: readonly number[]): Shape {
  const sizes = Array.isArray(given) ? given : [undefined]
  const open = sizes.filter((n) => n === -1).length
  if (open <= 1 && isListOf(sizes, (n) => n === -1 || (Number.isInteger(n) && (n as number) > 0))) return [...given]
  throw wrong(
    where,
    `${option} must be an array of positive whole numbers without the batch axis, one of which may be -1; got ${show(given)}`,
  )
}

const schema = { targetShape: required(checkTargetShape) } satisfies Schema<ReshapeOptions, LayerOptions>

/** Each sample's elements in another shape. */
export class Reshape extends Layer {
  static override readonly className = 'Reshape'
  /** @internal */
  static override readonly schema = schema
  declare readonly options: ValuesOf<typeof schema, ReshapeOptions>

  constructor(options: ReshapeOptions) {
    super(options)
  }

  override call(x: Tensor): Tensor {
    return reshapeOp(x, [this.batchOf(x), ...this.computeOutputShape(x.shape.slice(1))])
  }

  override computeOutputShape(inputShape: Shape): Shape {
    const size = sizeOf(this.sampleShape(inputShape))
    const rest = sizeOf(this.options.targetShape.filter((n) => n !== -1))
    const shape = this.options.targetShape.map((n) => (n === -1 ? size / rest : n))
    if (sizeOf(shape) === size && shape.every(Number.isInteger)) return shape
    throw this.misshapen(
      `inputs of ${formatShape(inputShape)} have ${size} elements, which do not fill ${formatShape(this.options.targetShape)}`,
    )
  }
}

/** Each sample's elements in another shape. */
export const reshape = (options: ReshapeOptions): Reshape => new Reshape(options)

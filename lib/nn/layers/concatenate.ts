import { optional, type Schema, type ValuesOf } from '../../core/schema.js'
import { show } from '../../core/show.js'
import { concat } from '../../ops/index.js'
import type { Shape } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import { Layer, type LayerOptions } from '../layer.js'
import { checkSampleAxis } from '../option-checks.js'
import { formatShapes, isShapeList, type Shapes } from '../shapes.js'

export interface ConcatenateOptions extends LayerOptions {
  /** Along which axis, the batch axis counted: from 1, or negative from the end. Default −1. */
  axis?: number
}

const schema = { axis: optional(checkSampleAxis, -1) } satisfies Schema<ConcatenateOptions, LayerOptions>

/** Inputs behind one another along an axis; all their other sizes agree. */
export class Concatenate extends Layer {
  static override readonly className = 'Concatenate'
  /** @internal */
  static override readonly schema = schema
  declare readonly options: ValuesOf<typeof schema, ConcatenateOptions>

  constructor(options: ConcatenateOptions = {}) {
    super(options)
  }

  override call(inputs: readonly Tensor[]): Tensor {
    if (!Array.isArray(inputs)) throw this.wrong(`takes a list of tensors, as in call([a, b]); got ${show(inputs)}`)
    return concat(inputs, this.options.axis)
  }

  override computeOutputShape(inputShapes: Shapes): Shape {
    this.checkShapes(inputShapes)
    if (!isShapeList(inputShapes))
      throw this.wrong(`takes a list of inputs, as in apply([a, b]); got one of ${formatShapes(inputShapes)}`)
    const [first] = inputShapes as readonly [Shape, ...Shape[]]
    const along = this.options.axis < 0 ? first.length + this.options.axis : this.options.axis - 1
    if (along < 0 || along >= first.length)
      throw this.misshapen(
        `there is no axis ${this.options.axis} but the batch in inputs of ${formatShapes(inputShapes)}`,
      )
    const agree = (shape: Shape): boolean =>
      shape.length === first.length && shape.every((n, axis) => axis === along || n === first[axis])
    if (!inputShapes.every(agree))
      throw this.misshapen(
        `all sizes but those of axis ${this.options.axis} must agree, got inputs of ${formatShapes(inputShapes)} (without the batch axis)`,
      )
    const total = inputShapes.reduce((n, shape) => n + (shape[along] as number), 0)
    return first.map((n, axis) => (axis === along ? total : n))
  }

  protected override checkInput(inputShapes: Shapes): void {
    this.computeOutputShape(inputShapes)
  }
}

/** Puts its inputs behind one another along an axis. */
export const concatenate = (options?: ConcatenateOptions): Concatenate => new Concatenate(options)

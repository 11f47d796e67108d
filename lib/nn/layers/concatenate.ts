import { show } from '../../core/show.js'
import { concat } from '../../ops/index.js'
import type { Shape } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import { Layer, type LayerOptions } from '../layer.js'
import type { OptionTable } from '../options.js'
import { formatShapes, isShapeList, type Shapes } from '../shapes.js'

export interface ConcatenateOptions extends LayerOptions {
  /** Along which axis, the batch axis counted: from 1, or negative from the end. Default −1. */
  axis?: number
}

/** Inputs behind one another along an axis; all their other sizes agree. */
export class Concatenate extends Layer {
  static override readonly className = 'Concatenate'
  static override readonly options = { axis: 'optional' } satisfies OptionTable<ConcatenateOptions, LayerOptions>
  readonly axis: number

  constructor(options: ConcatenateOptions = {}) {
    super(options)
    const { axis = -1 } = options
    if (!Number.isInteger(axis) || axis === 0)
      throw this.wrong(`axis must be a whole number other than 0, which is the batch axis; got ${show(axis)}`)
    this.axis = axis
  }

  override call(inputs: readonly Tensor[]): Tensor {
    if (!Array.isArray(inputs)) throw this.wrong(`takes a list of tensors, as in call([a, b]); got ${show(inputs)}`)
    return concat(inputs, this.axis)
  }

  override computeOutputShape(inputShapes: Shapes): Shape {
    this.checkShapes(inputShapes)
    if (!isShapeList(inputShapes))
      throw this.wrong(`takes a list of inputs, as in apply([a, b]); got one of ${formatShapes(inputShapes)}`)
    const [first] = inputShapes as readonly [Shape, ...Shape[]]
    const along = this.axis < 0 ? first.length + this.axis : this.axis - 1
    if (along < 0 || along >= first.length)
      throw this.misshapen(`there is no axis ${this.axis} but the batch in inputs of ${formatShapes(inputShapes)}`)
    const agree = (shape: Shape): boolean =>
      shape.length === first.length && shape.every((n, axis) => axis === along || n === first[axis])
    if (!inputShapes.every(agree))
      throw this.misshapen(
        `all sizes but those of axis ${this.axis} must agree, got inputs of ${formatShapes(inputShapes)} (without the batch axis)`,
      )
    const total = inputShapes.reduce((n, shape) => n + (shape[along] as number), 0)
    return first.map((n, axis) => (axis === along ? total : n))
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), axis: this.axis }
  }

  protected override checkInput(inputShapes: Shapes): void {
    this.computeOutputShape(inputShapes)
  }
}

/** Puts its inputs behind one another along an axis. */
export const concatenate = (options?: ConcatenateOptions): Concatenate => new Concatenate(options)

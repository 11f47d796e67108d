import { wrong } from '../../core/check.js'
import { isListOf } from '../../core/kinds.js'
import { optional, type Schema, type ValuesOf } from '../../core/schema.js'
import { show } from '../../core/show.js'
import { prelu as preluOp } from '../../ops/index.js'
import { formatShape, type Shape } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import type { ConstraintLike, InitializerLike, RegularizerLike } from '../choices.js'
import type { LayerOptions } from '../layer.js'
import { recipe, weightSchema } from '../weight-options.js'
import { SameShapeLayer } from './same-shape-layer.js'

export interface PreluOptions extends LayerOptions {
  /** Default constant 0.25, as He et al. */
  alphaInitializer?: InitializerLike
  /** The penalty on alpha. Default none: one that draws slopes to 0 makes a ReLU of it, as He et al. note. */
  alphaRegularizer?: RegularizerLike | null
  /** The constraint on alpha. Default none. */
  alphaConstraint?: ConstraintLike | null
  /**
   * Axes along which one slope is shared, the batch axis counted: from 1, or negative from the end. `[1, 2]` gives an image one
   * slope a channel. Default none: each element of a sample has its own.
   */
  sharedAxes?: readonly number[]
}

function checkSharedAxes(where: string, option: string, given: readonly number[]): readonly number[] {
  if (isListOf(given, (axis) => Number.isInteger(axis) && axis !== 0)) return [...given]
  throw wrong(
    where,
    `${option} must be an array of whole numbers other than 0, which is the batch axis; got ${show(given)}`,
  )
}

const schema = {
  ...weightSchema('alpha', { name: 'constant', value: 0.25 }),
  sharedAxes: optional(checkSharedAxes, []),
} satisfies Schema<PreluOptions, LayerOptions>

/** x above 0, alpha·x below, alpha learned (He et al. 2015). Weight: alpha, of a sample's shape with 1 for shared axes. */
export class Prelu extends SameShapeLayer {
  static override readonly className = 'Prelu'
  /** @internal */
  static override readonly schema = schema
  declare readonly options: ValuesOf<typeof schema, PreluOptions>

  constructor(options: PreluOptions = {}) {
    super(options)
  }

  override build(inputShape: Shape): void {
    const shape = [...this.sampleShape(inputShape)]
    for (const axis of this.options.sharedAxes) {
      const at = axis < 0 ? shape.length + axis : axis - 1
      if (at < 0 || at >= shape.length)
        throw this.misshapen(
          `there is no axis ${axis} to share but the batch in inputs of ${formatShape(inputShape)} (without the batch axis)`,
        )
      shape[at] = 1
    }
    this.addWeight('alpha', shape, recipe('alpha', this.options))
  }

  override call(x: Tensor): Tensor {
    const [alpha] = this.weights
    if (alpha === undefined) throw this.notBuilt()
    return preluOp(x, alpha)
  }

  /** Where sizes are shared, any will do. */
  protected override checkInput(inputShape: Shape, builtShape: Shape): void {
    const alpha = this.weights[0]?.shape ?? []
    if (inputShape.length === builtShape.length && alpha.every((n, i) => n === 1 || n === inputShape[i])) return
    this.expectShape(inputShape, builtShape)
  }
}

/** Parametric ReLU: a leaky ReLU that learns its slopes. */
export const prelu = (options?: PreluOptions): Prelu => new Prelu(options)

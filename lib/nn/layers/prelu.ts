import { isListOf } from '../../core/kinds.js'
import { show } from '../../core/show.js'
import { prelu as preluOp } from '../../ops/index.js'
import { formatShape, type Shape } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import type { ConstraintLike, InitializerLike, RegularizerLike } from '../choices.js'
import { constant } from '../initializers/constant.js'
import type { LayerOptions } from '../layer.js'
import type { OptionTable } from '../options.js'
import { recipeConfig, type WeightRecipe, weightRecipe } from '../weight-recipe.js'
import { SameShapeLayer } from './same-shape-layer.js'

export interface PreluOptions extends LayerOptions {
  /** Default constant 0.25, as He et al. */
  alphaInitializer?: InitializerLike
  /** The penalty on alpha. Default none: one that draws slopes to 0 makes a ReLU of it, as He et al. note. */
  alphaRegularizer?: RegularizerLike | null
  /** What alpha becomes after each update. Default itself. */
  alphaConstraint?: ConstraintLike | null
  /**
   * Axes along which one slope is shared, the batch axis counted: from 1, or negative from the end. `[1, 2]` gives an image one
   * slope a channel. Default none: each element of a sample has its own.
   */
  sharedAxes?: readonly number[]
}

/** x above 0, alpha·x below, alpha learned (He et al. 2015). Weight: alpha, of a sample's shape with 1 for shared axes. */
export class Prelu extends SameShapeLayer {
  static override readonly className = 'Prelu'
  static override readonly options = {
    alphaInitializer: 'optional',
    alphaRegularizer: 'optional',
    alphaConstraint: 'optional',
    sharedAxes: 'optional',
  } satisfies OptionTable<PreluOptions, LayerOptions>
  readonly sharedAxes: readonly number[]
  private readonly recipe: WeightRecipe

  constructor(options: PreluOptions = {}) {
    super(options)
    const { alphaInitializer = constant({ value: 0.25 }), alphaRegularizer, alphaConstraint, sharedAxes = [] } = options
    this.recipe = weightRecipe(this.where, alphaInitializer, alphaRegularizer, alphaConstraint)
    if (!isListOf(sharedAxes, (axis) => Number.isInteger(axis) && axis !== 0))
      throw this.wrong(
        `sharedAxes must be an array of whole numbers other than 0, which is the batch axis; got ${show(sharedAxes)}`,
      )
    this.sharedAxes = [...sharedAxes]
  }

  override build(inputShape: Shape): void {
    const shape = [...this.sampleShape(inputShape)]
    for (const axis of this.sharedAxes) {
      const at = axis < 0 ? shape.length + axis : axis - 1
      if (at < 0 || at >= shape.length)
        throw this.misshapen(
          `there is no axis ${axis} to share but the batch in inputs of ${formatShape(inputShape)} (without the batch axis)`,
        )
      shape[at] = 1
    }
    this.addWeight('alpha', shape, this.recipe)
  }

  override call(x: Tensor): Tensor {
    const [alpha] = this.weights
    if (alpha === undefined) throw this.notBuilt()
    return preluOp(x, alpha)
  }

  override getConfig(): Record<string, unknown> {
    const { where, recipe, sharedAxes } = this
    return { ...super.getConfig(), ...recipeConfig(where, 'alpha', recipe), sharedAxes: [...sharedAxes] }
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

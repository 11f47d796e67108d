import { gather } from '../../ops/index.js'
import { embeddingLabels } from '../../ops/indexing.js'
import type { Parameter } from '../../tensor/parameter.js'
import type { Shape } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import type { ConstraintLike, InitializerLike } from '../choices.js'
import { type RegularizerLike, regularizerRegistry } from '../choices.js'
import { Layer, type LayerOptions } from '../layer.js'
import type { OptionTable } from '../options.js'
import { activityPenalty } from '../penalties.js'
import type { Regularizer } from '../regularizers/regularizer.js'
import { activityConfig, recipeConfig, type WeightRecipe, weightRecipe } from '../weight-recipe.js'

export interface EmbeddingOptions extends LayerOptions {
  /** How many different labels there are: a positive whole number. */
  inputDim: number
  /** The size of the vector that stands for a label: a positive whole number. */
  outputDim: number
  /** Default randomUniform, on ±0.05. */
  embeddingsInitializer?: InitializerLike
  /** The penalty on the vectors. Default none. */
  embeddingsRegularizer?: RegularizerLike | null
  /** The penalty on the layer's output, divided by the size of the batch. Default none. */
  activityRegularizer?: RegularizerLike | null
  /** What the vectors become after each update. Default themselves. */
  embeddingsConstraint?: ConstraintLike | null
}

/**
 * A learned vector for each label: [batch, …] of whole numbers from 0 to inputDim − 1, of any dtype → [batch, …, outputDim]. Weight:
 * embeddings [inputDim, outputDim]; its gradient adds up, label by label in their order. A label outside, a fractional one and NaN are
 * an ERR_ARGUMENT that names the layer, the label and its sample, as in PyTorch; a compiled step that meets one changes nothing.
 */
export class Embedding extends Layer {
  static override readonly className = 'Embedding'
  static override readonly options = {
    inputDim: 'required',
    outputDim: 'required',
    embeddingsInitializer: 'optional',
    embeddingsRegularizer: 'optional',
    activityRegularizer: 'optional',
    embeddingsConstraint: 'optional',
  } satisfies OptionTable<EmbeddingOptions, LayerOptions>
  readonly inputDim: number
  readonly outputDim: number
  private readonly recipe: WeightRecipe
  private readonly activityRegularizer: Regularizer | null

  constructor(options: EmbeddingOptions) {
    super(options)
    const { embeddingsInitializer = 'randomUniform', embeddingsRegularizer, embeddingsConstraint } = options
    this.inputDim = this.checkCount('inputDim', options.inputDim)
    this.outputDim = this.checkCount('outputDim', options.outputDim)
    this.recipe = weightRecipe(this.where, embeddingsInitializer, embeddingsRegularizer, embeddingsConstraint)
    this.activityRegularizer = regularizerRegistry.optional(options.activityRegularizer, this.where)
  }

  override build(): void {
    this.addWeight('embeddings', [this.inputDim, this.outputDim], this.recipe)
  }

  override call(x: Tensor): Tensor {
    const y = gather(this.embeddings, embeddingLabels(x, this.inputDim, this.name))
    const { activityRegularizer: regularizer } = this
    if (regularizer !== null) this.addLoss(() => activityPenalty(regularizer, y, this.where))
    return y
  }

  override computeOutputShape(inputShape: Shape): Shape {
    return [...this.sampleShape(inputShape), this.outputDim]
  }

  override getConfig(): Record<string, unknown> {
    return {
      ...super.getConfig(),
      inputDim: this.inputDim,
      outputDim: this.outputDim,
      ...recipeConfig(this.where, 'embeddings', this.recipe),
      ...activityConfig(this.where, this.activityRegularizer),
    }
  }

  /** Labels may come in any shape. */
  protected override checkInput(): void {}

  private get embeddings(): Parameter {
    const [embeddings] = this.weights
    if (embeddings === undefined) throw this.notBuilt()
    return embeddings
  }
}

/** Learned vectors in the place of labels, such as words. */
export const embedding = (options: EmbeddingOptions): Embedding => new Embedding(options)

import { required, type Schema, type ValuesOf } from '../../core/schema.js'
import { gather } from '../../ops/index.js'
import { embeddingLabels } from '../../ops/indexing.js'
import type { Parameter } from '../../tensor/parameter.js'
import type { Shape } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import type { ConstraintLike, InitializerLike, RegularizerLike } from '../choices.js'
import { Layer, type LayerOptions } from '../layer.js'
import { checkCount } from '../option-checks.js'
import { activityPenalty } from '../penalties.js'
import { type ActivityOptions, recipe, regularizerOption, weightSchema } from '../weight-options.js'

export interface EmbeddingOptions extends LayerOptions, ActivityOptions {
  /** How many different labels there are: a positive whole number. */
  inputDim: number
  /** The size of the vector that stands for a label: a positive whole number. */
  outputDim: number
  /** Default randomUniform, on ±0.05. */
  embeddingsInitializer?: InitializerLike
  /** The penalty on the vectors. Default none. */
  embeddingsRegularizer?: RegularizerLike | null
  /** The constraint on the vectors. Default none. */
  embeddingsConstraint?: ConstraintLike | null
}

const schema = {
  inputDim: required(checkCount),
  outputDim: required(checkCount),
  ...weightSchema('embeddings', 'randomUniform'),
  activityRegularizer: regularizerOption(),
} satisfies Schema<EmbeddingOptions, LayerOptions>

/**
 * A learned vector for each label: [batch, …] of whole numbers from 0 to inputDim − 1, of any dtype → [batch, …, outputDim]. Weight:
 * embeddings [inputDim, outputDim]; its gradient adds up, label by label in their order. A label outside, a fractional one and NaN are
 * an ERR_ARGUMENT that names the layer, the label and its sample, as in PyTorch; a compiled step that meets one changes nothing.
 */
export class Embedding extends Layer {
  static override readonly className = 'Embedding'
  /** @internal */
  static override readonly schema = schema
  declare readonly options: ValuesOf<typeof schema, EmbeddingOptions>

  constructor(options: EmbeddingOptions) {
    super(options)
  }

  override build(): void {
    const { inputDim, outputDim } = this.options
    this.addWeight('embeddings', [inputDim, outputDim], recipe('embeddings', this.options))
  }

  override call(x: Tensor): Tensor {
    const y = gather(this.embeddings, embeddingLabels(x, this.options.inputDim, this.name))
    const { activityRegularizer: regularizer } = this.options
    if (regularizer !== null) this.addLoss(() => activityPenalty(regularizer, y, this.where))
    return y
  }

  override computeOutputShape(inputShape: Shape): Shape {
    return [...this.sampleShape(inputShape), this.options.outputDim]
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

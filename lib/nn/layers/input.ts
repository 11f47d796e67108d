import { optional, parseOptions, required, type Schema, tellOptions } from '../../core/schema.js'
import { cast } from '../../ops/index.js'
import { checkDType, type DType } from '../../tensor/dtype.js'
import type { Shape } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import { type AnyLayer, Layer, type SymbolicTensor } from '../layer.js'
import { checkSampleShape } from '../layer-options.js'
import { Application } from '../layer-output.js'

export interface InputOptions {
  /** One sample's shape, without the batch axis. */
  shape: readonly number[]
  /** The dtype that the input is cast to. Default float32. */
  dtype?: DType
  name?: string
}

const schema = {
  shape: required(checkSampleShape),
  dtype: optional((where, _, given: DType) => checkDType(given, where), 'float32'),
} satisfies Schema<InputOptions, Pick<InputOptions, 'name'>>

/** The beginning of a model, which says what its input looks like. */
export class InputLayer extends Layer {
  static override readonly className = 'InputLayer'
  declare inputShape: Shape
  readonly dtype: DType
  private readonly symbol: SymbolicTensor

  constructor(given: InputOptions) {
    const options: Partial<InputOptions> = given ?? {}
    super({ name: options.name })
    const { shape, dtype } = parseOptions(schema, options, this.where, ['name'])
    this.inputShape = shape
    this.dtype = dtype
    this.ensureBuilt(this.inputShape)
    const [output] = new Application<AnyLayer>(this, [], false, [this.inputShape], this.dtype).outputs
    this.symbol = output as SymbolicTensor
  }

  /** A symbolic tensor that layers can be applied to. */
  override get output(): SymbolicTensor {
    return this.symbol
  }

  override call(x: Tensor): Tensor {
    return cast(x, this.dtype)
  }

  override computeOutputShape(inputShape: Shape): Shape {
    this.expectShape(inputShape, this.inputShape)
    return inputShape
  }

  override getConfig(): Record<string, unknown> {
    const { name, inputShape: shape, dtype, where } = this
    return { name, ...tellOptions(schema, { shape, dtype }, where) }
  }

  protected override checkInput(inputShape: Shape): void {
    this.expectShape(inputShape, this.inputShape)
  }
}

/** The input of a model, as a symbolic tensor to apply layers to. Also the first of the layers of a sequential model. */
export const input = (options: InputOptions): SymbolicTensor => new InputLayer(options).output

import { ofThisCopy } from '../core/copies.js'
import { inWords } from '../core/show.js'
import type { DType } from '../tensor/dtype.js'
import type { Shape } from '../tensor/shape.js'

/** A layer as a graph of layers sees it, whose class lies a file above. */
interface Named {
  readonly name: string
}

let applied = 0

/** One use of a layer: what it was applied to, and what comes of it. */
export class Application<L extends Named> {
  /** Order of creation: an application is younger than those whose outputs it takes, so a graph of them has no circle. */
  readonly id = applied++
  readonly outputs: readonly LayerOutput<L>[]

  /**
   * @param inputs none for an input layer
   * @param listed whether the layer is given its inputs as a list
   * @param shapes one sample's outputs
   * @param dtype theirs; all that layers compute is float32
   */
  constructor(
    readonly layer: L,
    readonly inputs: readonly LayerOutput<L>[],
    readonly listed: boolean,
    shapes: readonly Shape[],
    dtype: DType = 'float32',
  ) {
    this.outputs = shapes.map((shape, index) => new LayerOutput(this, index, [...shape], dtype))
  }
}

/** The output of a layer before there is data: the stuff of `model({ inputs, outputs })`. Made by `apply`. */
export class LayerOutput<L extends Named> {
  constructor(
    /** @internal */
    readonly application: Application<L>,
    /** Which of the layer's outputs it is. */
    readonly index: number,
    /** One sample's, without the batch axis. */
    readonly shape: Shape,
    readonly dtype: DType,
  ) {}

  /** The layer whose output it is. */
  get layer(): L {
    return this.application.layer
  }

  /** The layer's name, with the number of the output where there are several. */
  get name(): string {
    const { layer, outputs } = this.application
    return outputs.length === 1 ? layer.name : `${layer.name}[${this.index}]`
  }

  get [Symbol.toStringTag](): string {
    return 'SymbolicTensor'
  }

  toString(): string {
    return `SymbolicTensor(${this.name}, [${['batch', ...this.shape].join(', ')}])`
  }

  /** The text that `console.log` shows. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString()
  }

  /** @internal */
  [inWords](): string {
    return this.toString()
  }
}

ofThisCopy(LayerOutput)

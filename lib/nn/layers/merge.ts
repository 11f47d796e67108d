import { isListOf } from '../../core/kinds.js'
import { show } from '../../core/show.js'
import { add as addOp, div, maximum as maximumOp, mul, reshape, sub } from '../../ops/index.js'
import { freeOnFailure } from '../../tensor/scope.js'
import { broadcastShapes, type Shape } from '../../tensor/shape.js'
import { Tensor } from '../../tensor/tensor.js'
import { Layer, type LayerOptions } from '../layer.js'
import { formatShapes, isShapeList, type Shapes } from '../shapes.js'

/**
 * A layer that makes one tensor of several, element by element. Samples are broadcast as NumPy does, each by itself: one of lower
 * rank gets axes of size 1 behind the batch axis.
 */
abstract class Merge extends Layer {
  /** Two at a time, from the first on. */
  protected abstract merge(a: Tensor, b: Tensor): Tensor

  override call(inputs: readonly Tensor[]): Tensor {
    this.checkList(inputs)
    return freeOnFailure(() => aligned(inputs).reduce((a, b) => this.merge(a, b)))
  }

  override computeOutputShape(inputShapes: Shapes): Shape {
    return this.samples(inputShapes).reduce((a, b) => broadcastShapes(a, b, this.where))
  }

  protected override checkInput(inputShapes: Shapes): void {
    this.computeOutputShape(inputShapes)
  }

  /** The shapes, when there are several. @throws MyelinError ERR_ARGUMENT */
  protected samples(inputShapes: Shapes): readonly Shape[] {
    this.checkShapes(inputShapes)
    if (isShapeList(inputShapes)) return inputShapes
    throw this.wrong(`takes a list of inputs, as in apply([a, b]); got one of ${formatShapes(inputShapes)}`)
  }

  private checkList(inputs: unknown): void {
    if (isListOf(inputs, (x) => x instanceof Tensor) && inputs.length > 0) return
    throw this.wrong(`takes a list of tensors, as in call([a, b]); got ${show(inputs)}`)
  }
}

/** All of the same rank: axes of size 1 are put behind the batch axis. */
function aligned(inputs: readonly Tensor[]): readonly Tensor[] {
  const rank = Math.max(...inputs.map((x) => x.rank))
  return inputs.map((x) => {
    if (x.rank === rank) return x
    const [batch, ...sample] = x.shape
    return reshape(x, [batch as number, ...new Array<number>(rank - x.rank).fill(1), ...sample])
  })
}

/** a + b + … */
export class Add extends Merge {
  static override readonly className = 'Add'
  /** @internal */
  static override readonly schema = {}

  protected override merge(a: Tensor, b: Tensor): Tensor {
    return addOp(a, b)
  }
}

/** a − b. Two inputs. */
export class Subtract extends Merge {
  static override readonly className = 'Subtract'
  /** @internal */
  static override readonly schema = {}

  protected override merge(a: Tensor, b: Tensor): Tensor {
    return sub(a, b)
  }

  protected override samples(inputShapes: Shapes): readonly Shape[] {
    const samples = super.samples(inputShapes)
    if (samples.length === 2) return samples
    throw this.wrong(`takes two inputs, got ${samples.length}`)
  }
}

/** a · b · …, element by element. */
export class Multiply extends Merge {
  static override readonly className = 'Multiply'
  /** @internal */
  static override readonly schema = {}

  protected override merge(a: Tensor, b: Tensor): Tensor {
    return mul(a, b)
  }
}

/** (a + b + …) / n. */
export class Average extends Merge {
  static override readonly className = 'Average'
  /** @internal */
  static override readonly schema = {}

  override call(inputs: readonly Tensor[]): Tensor {
    return div(super.call(inputs), inputs.length)
  }

  protected override merge(a: Tensor, b: Tensor): Tensor {
    return addOp(a, b)
  }
}

/** The largest, element by element; where several are, they share the gradient. */
export class Maximum extends Merge {
  static override readonly className = 'Maximum'
  /** @internal */
  static override readonly schema = {}

  protected override merge(a: Tensor, b: Tensor): Tensor {
    return maximumOp(a, b)
  }
}

/** The sum of its inputs, as in a skip connection: `add().apply([x, y])`. */
export const add = (options?: LayerOptions): Add => new Add(options)

/** The first of two inputs less the second. */
export const subtract = (options?: LayerOptions): Subtract => new Subtract(options)

/** The product of its inputs, element by element. */
export const multiply = (options?: LayerOptions): Multiply => new Multiply(options)

/** The mean of its inputs. */
export const average = (options?: LayerOptions): Average => new Average(options)

/** The largest of its inputs, element by element. */
export const maximum = (options?: LayerOptions): Maximum => new Maximum(options)

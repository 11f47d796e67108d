import { checkFlag, checkRange, wrong } from '../core/check.js'
import { MyelinError } from '../core/error.js'
import { isListOf } from '../core/kinds.js'
import { checkOptions } from '../core/names.js'
import { inWords, show } from '../core/show.js'
import { formatShape, type Shape, sameShape } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import { type CallOptions, callOptions } from './layer-options.js'
import { formatShapes, isShapeList, type Shapes, sameShapes } from './shapes.js'

/** How a layer refuses wrong options and inputs: what every layer, a user's own included, finds in itself. */
export abstract class LayerChecks {
  abstract readonly name: string
  abstract readonly className: string

  /** How error messages name the layer. */
  protected get where(): string {
    return `${this.className} ${show(this.name)}`
  }

  /** @internal */
  [inWords](): string {
    return this.where
  }

  /** Refuses what is neither the shape of a sample nor a list of such shapes. */
  protected checkShapes(inputShape: Shapes): void {
    const given: unknown = inputShape
    if (!isSampleShape(given) && !isListOf(given, isSampleShape))
      throw this.misshapen(
        `needs the shape of a sample, an array without the batch axis such as [784], or a list of shapes; got ${show(given)}`,
      )
  }

  /** The shape of a sample of the one input there is. @throws MyelinError ERR_SHAPE for anything else */
  protected sampleShape(inputShape: Shapes): Shape {
    this.checkShapes(inputShape)
    if (!isShapeList(inputShape)) return inputShape
    throw this.misshapen(`cannot take a list of ${inputShape.length} inputs, of ${formatShapes(inputShape)}`)
  }

  /** An axis of one sample by that of the batch. @throws MyelinError ERR_SHAPE if the sample has no such axis */
  protected sampleAxis(axis: number, shape: Shape): number {
    this.sampleShape(shape)
    const at = axis < 0 ? shape.length + axis : axis - 1
    if (at >= 0 && at < shape.length) return at
    throw this.misshapen(
      `there is no axis ${axis} but the batch in inputs of ${formatShape(shape)} (without the batch axis)`,
    )
  }

  /** Refuses an input that is not of exactly this shape. */
  protected expectShape(inputShape: Shapes, expected: Shapes): void {
    if (sameShapes(inputShape, expected)) return
    const words = (shapes: Shapes): string =>
      isShapeList(shapes) ? `a list of ${shapes.length}: ${formatShapes(shapes)}` : formatShape(shapes)
    throw this.misshapen(`takes inputs of ${words(expected)} (without the batch axis), got ${words(inputShape)}`)
  }

  /** Refuses to be built for another shape than the option `inputShape` says. */
  protected expectGivenShape(inputShape: Shape, given: Shape): void {
    if (!sameShape(inputShape, given))
      throw this.misshapen(
        `has the inputShape ${formatShape(given)}, but gets inputs of ${formatShape(inputShape)} (without the batch axis); ` +
          'only the first layer of a model needs one: leave it out, or correct it',
      )
  }

  /** Refuses what is no tensor as an output. @internal */
  checkOutput(y: unknown): Tensor {
    if (y instanceof Tensor) return y
    throw this.wrong(`call must return a Tensor, got ${show(y)}`)
  }

  /** Refuses options of a call that are misspelt or no flags: `{ trainig: true }` must not pass for inference. */
  protected checkCallOptions(options: CallOptions): void {
    checkOptions(options, callOptions, this.where)
    const { training, dropout } = options
    if (training !== undefined) this.checkFlag('training', training)
    if (dropout !== undefined) this.checkFlag('dropout', dropout)
  }

  /** An option that is true or false. */
  protected checkFlag(option: string, value: boolean): boolean {
    return checkFlag(this.where, option, value)
  }

  /** A factor of the learning rate: from 0. */
  protected checkMultiplier(value: number): number {
    return checkRange(this.where, 'learningRateMultiplier', value, 0)
  }

  /** The error for a wrong option or use. */
  protected wrong(message: string): MyelinError {
    return wrong(this.where, message)
  }

  /** The error for a wrong shape. */
  protected misshapen(message: string): MyelinError {
    return new MyelinError('ERR_SHAPE', `[${this.where}] ${message}`)
  }

  /** The error for a call before the weights are there. */
  protected notBuilt(): MyelinError {
    return this.wrong('has no weights yet; use it in a model, or call ensureBuilt(inputShape) first')
  }

  /** The size of a batch. */
  protected batchOf(x: Tensor): number {
    const [batch] = x.shape
    if (batch === undefined) throw this.misshapen('needs a batch, [batch, …]; got a scalar')
    return batch
  }
}

const isSampleShape = (given: unknown): given is Shape => isListOf(given, Number.isInteger)

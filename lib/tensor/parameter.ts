import { checkFlag } from '../core/check.js'
import { MyelinError } from '../core/error.js'
import { checkOptions } from '../core/names.js'
import { show } from '../core/show.js'
import { native } from '../native/binding.js'
import { track } from './scope.js'
import { formatShape, sameShape } from './shape.js'
import { Tensor } from './tensor.js'

/** Additions of training to a weight's own gradient and update. */
export interface ParameterTreatment {
  /** A penalty, a scalar, that is added to the loss: a member of `regularizers`, say. Default none. */
  regularizer?: ((weight: Tensor) => Tensor) | null
  /** The constraint on the weight: a member of `constraints`, say. Default none. */
  constraint?: ((weight: Tensor) => Tensor) | null
  /** By what the learning rate is multiplied for this weight, from 0. Default 1. */
  learningRateMultiplier?: number
}

export interface ParameterOptions extends ParameterTreatment {
  /** Default `parameter`. */
  name?: string
  /** Whether training changes it. Default true. */
  trainable?: boolean
}

const parameterOptions = [
  'name',
  'trainable',
  'regularizer',
  'constraint',
  'learningRateMultiplier',
] as const satisfies (keyof ParameterOptions)[]

/** A tensor whose elements can be replaced: a weight, or a statistic such as a running mean. Made by layers. */
export class Parameter extends Tensor implements ParameterTreatment {
  name: string
  regularizer: ((weight: Tensor) => Tensor) | null
  constraint: ((weight: Tensor) => Tensor) | null
  learningRateMultiplier: number
  /** Counts the replacements, so that a backward pass through older elements is refused. @internal */
  version = 0

  /**
   * Takes a tensor's storage over. The tensor is used up.
   * @throws MyelinError ERR_ARGUMENT, ERR_DISPOSED; ERR_DTYPE if it is to be trained and is not float32
   */
  constructor(value: Tensor, options: ParameterOptions = {}) {
    checkOptions(options, parameterOptions, 'Parameter')
    const { name = 'parameter', trainable = true } = options
    const { regularizer = null, constraint = null, learningRateMultiplier = 1 } = options
    if (typeof name !== 'string') throw wrongOption(`name must be a text, got ${show(name)}`)
    checkFlag('Parameter', 'trainable', trainable)
    for (const [option, given] of Object.entries({ regularizer, constraint }))
      if (given !== null && typeof given !== 'function')
        throw wrongOption(`${option} must be a function of the weight, such as one of ${option}s, got ${show(given)}`)
    if (!Number.isFinite(learningRateMultiplier) || learningRateMultiplier < 0)
      throw wrongOption(`learningRateMultiplier must be a finite number from 0, got ${show(learningRateMultiplier)}`)
    if (!(value instanceof Tensor))
      throw new MyelinError('ERR_ARGUMENT', `[Parameter] takes a Tensor, got ${show(value)}; make one with tensor(…)`)
    value.check('Parameter')
    if (value.rawHandle < 0)
      throw new MyelinError(
        'ERR_ARGUMENT',
        '[Parameter] takes a tensor that has elements, not one of a function that is being compiled; make it before',
      )
    if (trainable && value.dtype !== 'float32')
      throw new MyelinError(
        'ERR_DTYPE',
        `[Parameter] only float32 can be trained, ${show(name)} is ${value.dtype}; cast it, or give trainable: false`,
      )
    super(native.alias(value.rawHandle, value.shape), value.shape, value.dtype)
    value.dispose()
    this.name = name
    this.regularizer = regularizer
    this.constraint = constraint
    this.learningRateMultiplier = learningRateMultiplier
    if (trainable) this.requiresGrad = true
    // A parameter belongs to its model, not to the tidy() in which the model happens to be built.
    track(this, null)
  }

  /** Whether training changes it. */
  get trainable(): boolean {
    return this.requiresGrad
  }

  set trainable(value: boolean) {
    this.requiresGrad = value
  }

  /**
   * Copies the elements of a tensor of the same shape and dtype in. While a compiled run trains the parameter they are copied between
   * two of its steps, and it goes on from there; several parameters so assigned may have steps between them (a model's
   * `setWeights` in a callback's hook sets all at once).
   * @throws MyelinError ERR_SHAPE, ERR_DTYPE, ERR_DISPOSED
   */
  assign(value: Tensor): void {
    if (!(value instanceof Tensor))
      throw new MyelinError(
        'ERR_ARGUMENT',
        `[assign] ${show(this.name)} takes a Tensor, got ${show(value)}; make one with tensor(…)`,
      )
    if (value.rawHandle < 0 && !value.disposed)
      throw new MyelinError('ERR_ARGUMENT', `[assign] ${show(this.name)} cannot be assigned to inside compile()`)
    this.check('assign')
    value.check('assign')
    if (!sameShape(this.shape, value.shape))
      throw new MyelinError(
        'ERR_SHAPE',
        `[assign] ${show(this.name)} is ${formatShape(this.shape)}, the value is ${formatShape(value.shape)}`,
      )
    if (this.dtype !== value.dtype)
      throw new MyelinError('ERR_DTYPE', `[assign] ${show(this.name)} is ${this.dtype}, the value is ${value.dtype}`)
    native.assign(this.rawHandle, value.rawHandle)
    this.version++
  }
}

function wrongOption(message: string): MyelinError {
  return new MyelinError('ERR_ARGUMENT', `[Parameter] ${message}`)
}

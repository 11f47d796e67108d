import { ambient } from '../core/ambient.js'
import { checkFlag, wrong } from '../core/check.js'
import { MyelinError } from '../core/error.js'
import { checkOptions } from '../core/names.js'
import { shorten, show } from '../core/show.js'
import { Parameter } from '../tensor/parameter.js'
import { eagerly } from '../tensor/recorder.js'
import { checkShape, formatShape, type Shape, sameShape } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import {
  type ConstraintLike,
  constraintRegistry,
  type InitializerLike,
  initializerRegistry,
  type RegularizerLike,
  regularizerRegistry,
} from './choices.js'
import type { Initializer } from './initializers/initializer.js'

export interface WeightOptions {
  /** Default `zeros`. */
  initializer?: InitializerLike
  /** Default true; false for statistics such as a running mean. */
  trainable?: boolean
  /** The penalty on the weight that is added to the loss while it is trained. Default none. */
  regularizer?: RegularizerLike | null
  /** The constraint on the weight. Default none. */
  constraint?: ConstraintLike | null
}

const weightOptions = [
  'initializer',
  'trainable',
  'regularizer',
  'constraint',
] as const satisfies (keyof WeightOptions)[]

/**
 * The giver of weights' room in the place of their initializers, while a model is made that a file has the weights of; null: nothing
 * does. It throws for a weight that the file does not have.
 */
export const weightRoom = ambient<((shape: Shape, initializer: Initializer) => Tensor) | null>(null)

/**
 * A weight of a layer, named `layer/name`. Made at once, inside a trace too.
 * @param where what messages begin with
 * @throws MyelinError ERR_ARGUMENT for unknown names, ERR_SHAPE for what is no shape or an initializer that gives another, ERR_MEMORY
 */
export function newWeight(layer: string, name: string, shape: Shape, options: WeightOptions, where: string): Parameter {
  checkOptions(options, weightOptions, where)
  const { initializer = 'zeros', trainable = true } = options
  if (typeof name !== 'string') throw wrong(where, `a weight's name must be a text, got ${show(name)}`)
  checkFlag(where, 'trainable', trainable)
  checkShape(shape, `${where} ${shorten(name)}`)
  const make = initializerRegistry.get(initializer, where)
  const value: unknown = eagerly(() => weightRoom.value?.(shape, make) ?? make(shape))
  if (!(value instanceof Tensor))
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[${where}] the initializer of ${shorten(name)} must return a Tensor, got ${show(value)}`,
    )
  if (!sameShape(value.shape, shape))
    throw new MyelinError(
      'ERR_SHAPE',
      `[${where}] the initializer of ${shorten(name)} gave ${formatShape(value.shape)} for ${formatShape(shape)}`,
    )
  return new Parameter(value, {
    name: `${layer}/${name}`,
    trainable,
    regularizer: regularizerRegistry.optional(options.regularizer, where),
    constraint: constraintRegistry.optional(options.constraint, where),
  })
}

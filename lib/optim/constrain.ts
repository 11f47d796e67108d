import { noGrad } from '../autodiff/tape.js'
import { MyelinError } from '../core/error.js'
import { show } from '../core/show.js'
import { assign } from '../ops/index.js'
import type { Parameter } from '../tensor/parameter.js'
import { formatShape, sameShape } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'

/**
 * Makes a parameter what its constraint says, if it has one.
 * @param apply 1 in the steps in which it is to happen; null: in every step
 * @throws MyelinError ERR_ARGUMENT, ERR_SHAPE if the constraint returns no tensor of the parameter's shape
 */
export function constrain(parameter: Parameter, apply: ((ahead: number) => number) | null): void {
  const { name, shape, constraint } = parameter
  if (constraint === null) return
  const value = noGrad(() => constraint(parameter))
  if (!(value instanceof Tensor))
    throw new MyelinError('ERR_ARGUMENT', `[constraint] that of ${show(name)} must return a Tensor, got ${show(value)}`)
  if (!sameShape(value.shape, shape) || value.dtype !== 'float32')
    throw new MyelinError(
      'ERR_SHAPE',
      `[constraint] that of ${show(name)} must return float32 ${formatShape(shape)}, got ${value.dtype} ${formatShape(value.shape)}`,
    )
  if (value !== parameter) assign(parameter, value, apply)
}

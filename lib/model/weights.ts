import { MyelinError } from '../native/error.js'
import { show } from '../native/show.js'
import type { Parameter } from '../tensor/parameter.js'
import { formatShape, sameShape } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'

/**
 * Refuses values that cannot all be assigned to the weights.
 * @throws MyelinError ERR_ARGUMENT, ERR_SHAPE, ERR_DTYPE, ERR_DISPOSED, naming the weight
 */
export function checkWeights(weights: readonly Parameter[], values: readonly Tensor[], model: string): void {
  if (!Array.isArray(values) || values.length !== weights.length)
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[setWeights] the model "${model}" has ${weights.length} weights, got ${Array.isArray(values) ? values.length : show(values)}`,
    )
  weights.forEach((weight, i) => {
    const value: unknown = values[i]
    if (!(value instanceof Tensor))
      throw new MyelinError(
        'ERR_ARGUMENT',
        `[setWeights] value ${i}, for ${show(weight.name)}, must be a Tensor, got ${show(value)}`,
      )
    value.check('setWeights')
    if (!sameShape(weight.shape, value.shape))
      throw new MyelinError(
        'ERR_SHAPE',
        `[setWeights] ${show(weight.name)} is ${formatShape(weight.shape)}, value ${i} is ${formatShape(value.shape)}`,
      )
    if (weight.dtype !== value.dtype)
      throw new MyelinError(
        'ERR_DTYPE',
        `[setWeights] ${show(weight.name)} is ${weight.dtype}, value ${i} is ${value.dtype}`,
      )
  })
}

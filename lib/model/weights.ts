import { MyelinError } from '../core/error.js'
import { show } from '../core/show.js'
import { disposeOwned, isShaped, isWhole, type Samples, type TensorData } from '../data/source.js'
import { tensor } from '../tensor/creation.js'
import type { Parameter } from '../tensor/parameter.js'
import { formatShape, sameShape } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import type { TypedArray } from '../tensor/values.js'

/**
 * New values of the weights, as tensors: all are there before anything is assigned. Those that were made here are owned.
 * @throws MyelinError ERR_ARGUMENT, ERR_SHAPE, ERR_DTYPE, ERR_DISPOSED, naming the weight
 */
export function weightValues(weights: readonly Parameter[], values: readonly TensorData[], model: string): Samples[] {
  if (!Array.isArray(values) || values.length !== weights.length)
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[setWeights] the model ${show(model)} has ${weights.length} weights, got ${Array.isArray(values) ? values.length : show(values)}`,
    )
  const found: Samples[] = []
  try {
    weights.forEach((weight, i) => {
      const given: unknown = values[i]
      found.push({ samples: toWeight(weight, given, i), owned: !(given instanceof Tensor) })
    })
    return found
  } catch (error) {
    disposeOwned(found)
    throw error
  }
}

function toWeight(weight: Parameter, given: unknown, i: number): Tensor {
  const value = given instanceof Tensor ? given : fromData(weight, given, i)
  value.check('setWeights')
  try {
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
    return value
  } catch (error) {
    if (value !== given) value.dispose()
    throw error
  }
}

/** Data in JavaScript, as `JSON` brings it back, in the weight's dtype; a typed array alone in its shape. */
function fromData({ name, shape, dtype, size }: Parameter, given: unknown, i: number): Tensor {
  const about = `value ${i}, for ${show(name)}`
  const isScalar = typeof given === 'number' && shape.length === 0
  if (!isScalar && !Array.isArray(given) && !isWhole(given))
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[setWeights] ${about}, must be a Tensor, nested arrays, a typed array or { data, shape }, got ${show(given)}`,
    )
  try {
    if (isShaped(given)) return tensor(given.data, given.shape, { dtype })
    const flat = ArrayBuffer.isView(given) && (given as TypedArray).length === size
    return tensor(given as TypedArray, flat ? shape : undefined, { dtype })
  } catch (error) {
    if (!(error instanceof MyelinError)) throw error
    throw new MyelinError(error.code, `[setWeights] ${about}: ${error.message}`, { cause: error })
  }
}

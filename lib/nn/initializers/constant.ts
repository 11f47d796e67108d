import { checkFinite } from '../../core/check.js'
import { MyelinError } from '../../core/error.js'
import { checkOptions } from '../../core/names.js'
import { mul } from '../../ops/index.js'
import { eye, full } from '../../tensor/creation.js'
import { formatShape } from '../../tensor/shape.js'
import { type Initializer, initializer } from './initializer.js'

/** All 0. As a kernel's initializer it leaves the units of a layer equal for ever. */
export function zeros(options: object = {}): Initializer {
  checkOptions(options, [], 'zeros')
  return initializer('zeros', {}, (shape) => full(shape, 0))
}

/** All 1. */
export function ones(options: object = {}): Initializer {
  checkOptions(options, [], 'ones')
  return initializer('ones', {}, (shape) => full(shape, 1))
}

/** All `value`. Default 0. */
export function constant(options: { value?: number } = {}): Initializer {
  checkOptions(options, ['value'], 'constant')
  const { value = 0 } = options
  checkFinite('constant', 'value', value)
  return initializer('constant', { value }, (shape) => full(shape, value))
}

/** The identity matrix times `gain` (default 1). Square matrices only. @throws MyelinError ERR_SHAPE for any other weight */
export function identity(options: { gain?: number } = {}): Initializer {
  checkOptions(options, ['gain'], 'identity')
  const { gain = 1 } = options
  checkFinite('identity', 'gain', gain)
  return initializer('identity', { gain }, (shape) => {
    const [rows, columns] = shape
    if (shape.length !== 2 || rows === undefined || rows !== columns)
      throw new MyelinError(
        'ERR_SHAPE',
        `[identity] needs a square matrix, the weight's shape is ${formatShape(shape)}`,
      )
    return gain === 1 ? eye(rows) : mul(eye(rows), gain)
  })
}

import { MyelinError } from '../../native/error.js'
import { mul } from '../../ops/index.js'
import { eye, full } from '../../tensor/creation.js'
import { formatShape } from '../../tensor/shape.js'
import { checkNumber, type Initializer, initializer } from './initializer.js'

/** All 0. As a kernel's initializer it leaves the units of a layer equal for ever. */
export const zeros = (): Initializer => initializer('zeros', {}, (shape) => full(shape, 0))

/** All 1. */
export const ones = (): Initializer => initializer('ones', {}, (shape) => full(shape, 1))

/** All `value`. Default 0. */
export function constant({ value = 0 }: { value?: number } = {}): Initializer {
  checkNumber('constant', 'value', value)
  return initializer('constant', { value }, (shape) => full(shape, value))
}

/** The identity matrix times `gain` (default 1). Square matrices only. @throws MyelinError ERR_SHAPE for any other weight */
export function identity({ gain = 1 }: { gain?: number } = {}): Initializer {
  checkNumber('identity', 'gain', gain)
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

import { checkFinite } from '../../core/check.js'
import { MyelinError } from '../../core/error.js'
import { optional, parseOptions, type Schema } from '../../core/schema.js'
import { mul } from '../../ops/index.js'
import { eye, full } from '../../tensor/creation.js'
import { formatShape } from '../../tensor/shape.js'
import { type Initializer, initializer } from './initializer.js'

/** All 0. As a kernel's initializer it leaves the units of a layer equal for ever. */
export function zeros(options: object = {}): Initializer {
  return initializer('zeros', parseOptions({}, options, 'zeros'), (shape) => full(shape, 0))
}

/** All 1. */
export function ones(options: object = {}): Initializer {
  return initializer('ones', parseOptions({}, options, 'ones'), (shape) => full(shape, 1))
}

const constantSchema = { value: optional(checkFinite, 0) } satisfies Schema<{ value?: number }>

/** All `value`. Default 0. */
export function constant(options: { value?: number } = {}): Initializer {
  const values = parseOptions(constantSchema, options, 'constant')
  return initializer('constant', values, (shape) => full(shape, values.value))
}

const identitySchema = { gain: optional(checkFinite, 1) } satisfies Schema<{ gain?: number }>

/** The identity matrix times `gain` (default 1). Square matrices only. @throws MyelinError ERR_SHAPE for any other weight */
export function identity(options: { gain?: number } = {}): Initializer {
  const values = parseOptions(identitySchema, options, 'identity')
  return initializer('identity', values, (shape) => {
    const { gain } = values
    const [rows, columns] = shape
    if (shape.length !== 2 || rows === undefined || rows !== columns)
      throw new MyelinError(
        'ERR_SHAPE',
        `[identity] needs a square matrix, the weight's shape is ${formatShape(shape)}`,
      )
    return gain === 1 ? eye(rows) : mul(eye(rows), gain)
  })
}

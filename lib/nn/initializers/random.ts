import { checkFinite, wrong } from '../../core/check.js'
import { from, optional, parseOptions, type Schema } from '../../core/schema.js'
import { seedOption } from '../option-checks.js'
import { drawNormal, drawTruncated, drawUniform } from './draw.js'
import { type Initializer, initializer, type SeedOption } from './initializer.js'

export interface NormalOptions extends SeedOption {
  /** Default 0. */
  mean?: number
  /** Default 0.05. */
  stddev?: number
}

const normalSchema = {
  mean: optional(checkFinite, 0),
  stddev: optional(from(0), 0.05),
  seed: seedOption(),
} satisfies Schema<NormalOptions>

/** N(mean, stddev²). */
export function randomNormal(options: NormalOptions = {}): Initializer {
  const values = parseOptions(normalSchema, options, 'randomNormal')
  const { mean, stddev, seed } = values
  return initializer('randomNormal', values, (shape) => drawNormal(shape, mean, stddev, seed))
}

/** N(mean, stddev²), drawn again where it is more than two standard deviations from the mean. */
export function truncatedNormal(options: NormalOptions = {}): Initializer {
  const values = parseOptions(normalSchema, options, 'truncatedNormal')
  const { mean, stddev, seed } = values
  return initializer('truncatedNormal', values, (shape) => drawTruncated(shape, mean, stddev, seed))
}

export interface UniformOptions extends SeedOption {
  /** Default −0.05. */
  minval?: number
  /** Default 0.05. */
  maxval?: number
}

const uniformSchema = {
  minval: optional(checkFinite, -0.05),
  maxval: optional(checkFinite, 0.05),
  seed: seedOption(),
} satisfies Schema<UniformOptions>

/** Uniform on [minval, maxval). */
export function randomUniform(options: UniformOptions = {}): Initializer {
  const values = parseOptions(uniformSchema, options, 'randomUniform')
  const { minval, maxval, seed } = values
  if (minval > maxval) throw wrong('randomUniform', `minval must not be above maxval, got ${minval} and ${maxval}`)
  return initializer('randomUniform', values, (shape) => drawUniform(shape, minval, maxval, seed))
}

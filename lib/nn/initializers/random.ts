import { checkFinite, checkRange } from '../../core/check.js'
import { MyelinError } from '../../core/error.js'
import { checkOptions } from '../../core/names.js'
import { drawNormal, drawTruncated, drawUniform } from './draw.js'
import { checkSeedOption, type Initializer, initializer, type SeedOption } from './initializer.js'

export interface NormalOptions extends SeedOption {
  /** Default 0. */
  mean?: number
  /** Default 0.05. */
  stddev?: number
}

/** N(mean, stddev²). */
export function randomNormal(options: NormalOptions = {}): Initializer {
  checkOptions(options, ['mean', 'stddev', 'seed'], 'randomNormal')
  const { mean = 0, stddev = 0.05, seed } = options
  checkNormal('randomNormal', mean, stddev, seed)
  return initializer('randomNormal', { mean, stddev, seed }, (shape) => drawNormal(shape, mean, stddev, seed))
}

/** N(mean, stddev²), drawn again where it is more than two standard deviations from the mean. */
export function truncatedNormal(options: NormalOptions = {}): Initializer {
  checkOptions(options, ['mean', 'stddev', 'seed'], 'truncatedNormal')
  const { mean = 0, stddev = 0.05, seed } = options
  checkNormal('truncatedNormal', mean, stddev, seed)
  return initializer('truncatedNormal', { mean, stddev, seed }, (shape) => drawTruncated(shape, mean, stddev, seed))
}

export interface UniformOptions extends SeedOption {
  /** Default −0.05. */
  minval?: number
  /** Default 0.05. */
  maxval?: number
}

/** Uniform on [minval, maxval). */
export function randomUniform(options: UniformOptions = {}): Initializer {
  checkOptions(options, ['minval', 'maxval', 'seed'], 'randomUniform')
  const { minval = -0.05, maxval = 0.05, seed } = options
  checkFinite('randomUniform', 'minval', minval)
  checkFinite('randomUniform', 'maxval', maxval)
  if (minval > maxval)
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[randomUniform] minval must not be above maxval, got ${minval} and ${maxval}`,
    )
  checkSeedOption('randomUniform', seed)
  return initializer('randomUniform', { minval, maxval, seed }, (shape) => drawUniform(shape, minval, maxval, seed))
}

function checkNormal(name: string, mean: number, stddev: number, seed: number | undefined): void {
  checkFinite(name, 'mean', mean)
  checkRange(name, 'stddev', stddev, 0)
  checkSeedOption(name, seed)
}
